package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[1:2], cli.WithName("check"), cli.WithOsEnv, cli.WithProfiles(os.Args[2:]))
	if err == nil {
		project, loaded := options.LoadProject(context.Background())
		err = loaded
		if err == nil {
			text, _ := json.Marshal(project)
			fmt.Println(string(text))
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
