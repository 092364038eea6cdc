# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit airflow --target prod --out examples/nexpo/deploy/airflow
"""KPIs by schedule: `kpictl run` decides what is due, so a task that is run again changes nothing."""

import os
from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

ZONE = 'Europe/Berlin'
PROJECT_DIR = os.environ.get("KPICTL_PROJECT_DIR", "/project")
TARGET = os.environ.get("KPICTL_TARGET", "")
DAGS = [
    {
        "name": 'kpi_cron_16ddb63454',
        "cron": '0 */6 * * *',
        "tasks": [
            {'kpi': 'session_duration', 'owner': 'product@nexpo.example', 'label': 'Session duration', 'doc': 'Average length of a session in seconds, over today and the seven days before.', 'after': []},
        ],
    },
    {
        "name": 'kpi_daily_0000',
        "cron": '0 0 * * *',
        "tasks": [
            {'kpi': 'monthly_recurring_revenue', 'owner': 'finance@nexpo.example', 'label': 'Monthly recurring revenue', 'doc': 'What the active subscribers pay a month, as things stand. A snapshot; see mrr for the past.', 'after': []},
        ],
    },
    {
        "name": 'kpi_daily_0100',
        "cron": '0 1 * * *',
        "tasks": [
            {'kpi': 'page_views', 'owner': 'platform@nexpo.example', 'label': 'Web events', 'doc': 'Events of the day.', 'after': []},
            {'kpi': 'error_pages', 'owner': 'platform@nexpo.example', 'label': 'Error pages', 'doc': 'Error pages shown on the day.', 'after': []},
            {'kpi': 'error_page_rate', 'owner': 'platform@nexpo.example', 'label': 'Error page rate', 'doc': "Error pages as a share of the day's events.", 'after': ['error_pages', 'page_views']},
            {'kpi': 'daily_active_users', 'owner': 'product@nexpo.example', 'label': 'Daily active users', 'doc': 'Users with at least one event on the day.', 'after': []},
            {'kpi': 'wau', 'owner': 'product@nexpo.example', 'label': 'Weekly active users', 'doc': 'Users with at least one event on the day or the six days before.', 'after': []},
            {'kpi': 'mau', 'owner': 'product@nexpo.example', 'label': 'Monthly active users', 'doc': 'Users with at least one event on the day or the 29 days before.', 'after': []},
            {'kpi': 'stickiness', 'owner': 'product@nexpo.example', 'label': 'Stickiness', 'doc': "Daily by monthly active users, the share of the month's users who came on the day.", 'after': ['daily_active_users', 'mau']},
        ],
    },
    {
        "name": 'kpi_monthly_1_0000',
        "cron": '0 0 1 * *',
        "tasks": [
            {'kpi': 'customer_acquisition_cost', 'owner': 'growth@nexpo.example', 'label': 'Customer acquisition cost (invented spend)', 'doc': 'Advertising by the subscribers who started in the month. The spend is invented.', 'after': []},
        ],
    },
    {
        "name": 'kpi_monthly_1_0500',
        "cron": '0 5 1 * *',
        "tasks": [
            {'kpi': 'advertising_spend', 'owner': 'growth@nexpo.example', 'label': 'Advertising (invented spend)', 'doc': 'Advertising by month and channel. The spend is invented.', 'after': []},
            {'kpi': 'revenue', 'owner': 'finance@nexpo.example', 'label': 'Revenue', 'doc': 'Sales of all order lines, by the month in which they were ordered.', 'after': []},
            {'kpi': 'return_on_ad_spend', 'owner': 'growth@nexpo.example', 'label': 'Return on advertising (invented spend)', 'doc': 'Revenue by advertising. The spend is invented.', 'after': ['revenue', 'advertising_spend']},
            {'kpi': 'gross_profit', 'owner': 'finance@nexpo.example', 'label': 'Gross profit', 'doc': 'Profit of all order lines as the data states it.', 'after': []},
            {'kpi': 'gross_margin', 'owner': 'finance@nexpo.example', 'label': 'Gross margin', 'doc': 'Gross profit as a share of revenue.', 'after': ['gross_profit', 'revenue']},
            {'kpi': 'discounted_revenue', 'owner': 'finance@nexpo.example', 'label': 'Discounted revenue', 'doc': 'Sales of the order lines that were sold at a discount.', 'after': []},
            {'kpi': 'discounted_share', 'owner': 'finance@nexpo.example', 'label': 'Share sold at a discount', 'doc': 'Discounted revenue as a share of revenue.', 'after': ['discounted_revenue', 'revenue']},
            {'kpi': 'order_count', 'owner': 'finance@nexpo.example', 'label': 'Orders', 'doc': 'Orders placed in the month.', 'after': []},
            {'kpi': 'average_order_value', 'owner': 'finance@nexpo.example', 'label': 'Average order value', 'doc': 'Revenue by orders.', 'after': ['revenue', 'order_count']},
            {'kpi': 'units_sold', 'owner': 'finance@nexpo.example', 'label': 'Units sold', 'doc': 'Pieces of all order lines, by the segment that the buyer belongs to.', 'after': []},
            {'kpi': 'units_per_order', 'owner': 'finance@nexpo.example', 'label': 'Units per order', 'doc': 'Pieces by orders.', 'after': ['units_sold', 'order_count']},
            {'kpi': 'buyers', 'owner': 'growth@nexpo.example', 'label': 'Buyers', 'doc': 'Customers with at least one order in the month.', 'after': []},
            {'kpi': 'revenue_per_buyer', 'owner': 'growth@nexpo.example', 'label': 'Revenue per buyer', 'doc': 'Revenue by the customers who ordered.', 'after': ['revenue', 'buyers']},
            {'kpi': 'repeat_orders', 'owner': 'growth@nexpo.example', 'label': 'Repeat orders', 'doc': 'Orders by customers who had ordered before.', 'after': []},
            {'kpi': 'repeat_purchase_rate', 'owner': 'growth@nexpo.example', 'label': 'Repeat purchase rate', 'doc': 'Share of the orders that came from customers who had ordered before.', 'after': ['repeat_orders', 'order_count']},
            {'kpi': 'revenue_growth_yoy', 'owner': 'finance@nexpo.example', 'label': 'Revenue growth on the year before', 'doc': 'Revenue of the month against the same month a year earlier.', 'after': ['revenue']},
            {'kpi': 'mrr', 'owner': 'finance@nexpo.example', 'label': "MRR at month's end", 'doc': "What the subscribers of each month's last day pay a month, from the dates on which they started and ended. All who have left did so on 2024-12-31, the only day that the data knows, so the last month falls steeply.", 'after': []},
            {'kpi': 'active_subscribers', 'owner': 'growth@nexpo.example', 'label': 'Active subscribers', 'doc': "Subscribers on each month's last day.", 'after': []},
            {'kpi': 'new_subscribers', 'owner': 'growth@nexpo.example', 'label': 'New subscribers', 'doc': 'Subscriptions that started in the month.', 'after': []},
            {'kpi': 'arpu', 'owner': 'finance@nexpo.example', 'label': 'Revenue per subscriber', 'doc': 'MRR by active subscribers.', 'after': ['mrr', 'active_subscribers']},
            {'kpi': 'monthly_revenue_growth', 'owner': 'finance@nexpo.example', 'label': 'Revenue growth on the month before', 'doc': "Growth of completed transactions in percent, with the month's revenue and customers beside it.", 'after': []},
            {'kpi': 'days_to_ship', 'owner': 'platform@nexpo.example', 'label': 'Days to ship', 'doc': 'Average days from order to shipment, of the orders that were shipped in the month.', 'after': []},
            {'kpi': 'days_to_ship_p95', 'owner': 'platform@nexpo.example', 'label': 'Days to ship, slowest 5 %', 'doc': '95 of 100 orders that were shipped in the month took no longer.', 'after': []},
        ],
    },
    {
        "name": 'kpi_weekly_1_0000',
        "cron": '0 0 * * 1',
        "tasks": [
            {'kpi': 'churn_rate', 'owner': 'growth@nexpo.example', 'label': 'Churned subscribers', 'doc': 'Subscribers who have left, in percent of all that there ever were, as things stand.', 'after': []},
        ],
    },
    {
        "name": 'kpi_weekly_1_0500',
        "cron": '0 5 * * 1',
        "tasks": [
            {'kpi': 'payment_attempts', 'owner': 'platform@nexpo.example', 'label': 'Payment attempts', 'doc': 'Sessions of the week that reached the payment page.', 'after': []},
            {'kpi': 'failed_payments', 'owner': 'platform@nexpo.example', 'label': 'Failed payments', 'doc': 'Sessions of the week that reached the payment page and saw a payment error.', 'after': []},
            {'kpi': 'payment_error_rate', 'owner': 'platform@nexpo.example', 'label': 'Payment error rate', 'doc': 'Share of the sessions at the payment page that saw a payment error.', 'after': ['failed_payments', 'payment_attempts']},
            {'kpi': 'support_contacts', 'owner': 'platform@nexpo.example', 'label': 'Support contacts', 'doc': 'Sessions of the week with a support chat.', 'after': []},
            {'kpi': 'sessions', 'owner': 'product@nexpo.example', 'label': 'Sessions', 'doc': 'Sessions that started in the week.', 'after': []},
            {'kpi': 'median_session_length', 'owner': 'product@nexpo.example', 'label': 'Median session length', 'doc': "Half of the week's sessions last longer.", 'after': []},
            {'kpi': 'buying_sessions', 'owner': 'product@nexpo.example', 'label': 'Sessions with a purchase', 'doc': 'Sessions of the week in which something was bought.', 'after': []},
            {'kpi': 'conversion_rate', 'owner': 'product@nexpo.example', 'label': 'Conversion rate', 'doc': "Share of the week's sessions in which something was bought.", 'after': ['buying_sessions', 'sessions']},
            {'kpi': 'cart_sessions', 'owner': 'product@nexpo.example', 'label': 'Sessions with a filled cart', 'doc': 'Sessions of the week in which something was put into the cart.', 'after': []},
            {'kpi': 'filled_and_bought', 'owner': 'product@nexpo.example', 'label': 'Carts that were bought', 'doc': 'Sessions of the week with both a filled cart and a purchase.', 'after': []},
            {'kpi': 'cart_abandonment_rate', 'owner': 'product@nexpo.example', 'label': 'Cart abandonment', 'doc': 'Share of the sessions with a filled cart in which nothing was bought.', 'after': ['filled_and_bought', 'cart_sessions']},
        ],
    },
]


def make(dag_id, cron, tasks):
    dag = DAG(
        dag_id=dag_id,
        schedule=cron,
        start_date=pendulum.datetime(2024, 1, 1, tz=ZONE),
        catchup=False,
        max_active_runs=1,
        tags=["kpictl"],
        default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    )
    made = {}
    for task in tasks:
        made[task["kpi"]] = BashOperator(
            task_id=task["kpi"],
            bash_command='kpictl --project-dir "$KPICTL_PROJECT_DIR" run ' + task["kpi"],
            env={"KPICTL_PROJECT_DIR": PROJECT_DIR, **({"KPICTL_TARGET": TARGET} if TARGET else {})},
            append_env=True,
            owner=task["owner"],
            task_display_name=task["label"],
            doc=task["doc"],
            dag=dag,
        )
        for above in task["after"]:
            made[above] >> made[task["kpi"]]
    return dag


for each in DAGS:
    globals()[each["name"]] = make(each["name"], each["cron"], each["tasks"])
