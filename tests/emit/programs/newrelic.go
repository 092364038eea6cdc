package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/newrelic/newrelic-client-go/v2/pkg/alerts"
	"github.com/newrelic/newrelic-client-go/v2/pkg/dashboards"
)

func read(path string, into any) {
	data, err := os.ReadFile(path)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(into)
	}
	if err != nil {
		fmt.Println(path, err)
	}
}

type request[T any] struct {
	Query     string `json:"query"`
	Variables T      `json:"variables"`
}
type dashboard struct {
	AccountID int                       `json:"accountId"`
	Dashboard dashboards.DashboardInput `json:"dashboard"`
}
type condition struct {
	AccountID int                             `json:"accountId"`
	PolicyID  string                          `json:"policyId"`
	Condition alerts.NrqlConditionCreateInput `json:"condition"`
}

type policy struct {
	AccountID int                      `json:"accountId"`
	Policy    alerts.AlertsPolicyInput `json:"policy"`
}

// Reads each request strictly into the types of New Relic's own client, and says what they do not know.
func main() {
	for _, path := range os.Args[1:] {
		switch {
		case strings.HasPrefix(path, "dashboards/"):
			read(path, &request[dashboard]{})
		case strings.HasPrefix(path, "policies/"):
			read(path, &request[policy]{})
		default:
			read(path, &request[condition]{})
		}
	}
}
