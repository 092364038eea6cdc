# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit dagster --target prod --out examples/nexpo/deploy/dagster
"""KPIs as assets: `kpictl run` decides what is due, so an asset that is materialised again changes nothing."""

import os
import subprocess

import dagster

ZONE = 'Europe/Berlin'
PROJECT_DIR = os.environ.get("KPICTL_PROJECT_DIR", "/project")
KPIS = [
    {'kpi': 'customer_acquisition_cost', 'label': 'Customer acquisition cost (invented spend)', 'owner': 'growth@nexpo.example', 'category': 'business', 'description': 'Advertising by the subscribers who started in the month. The spend is invented.', 'reads': []},
    {'kpi': 'advertising_spend', 'label': 'Advertising (invented spend)', 'owner': 'growth@nexpo.example', 'category': 'business', 'description': 'Advertising by month and channel. The spend is invented.', 'reads': []},
    {'kpi': 'revenue', 'label': 'Revenue', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'Sales of all order lines, by the month in which they were ordered.', 'reads': []},
    {'kpi': 'return_on_ad_spend', 'label': 'Return on advertising (invented spend)', 'owner': 'growth@nexpo.example', 'category': 'business', 'description': 'Revenue by advertising. The spend is invented.', 'reads': ['revenue', 'advertising_spend']},
    {'kpi': 'gross_profit', 'label': 'Gross profit', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'Profit of all order lines as the data states it.', 'reads': []},
    {'kpi': 'gross_margin', 'label': 'Gross margin', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'Gross profit as a share of revenue.', 'reads': ['gross_profit', 'revenue']},
    {'kpi': 'discounted_revenue', 'label': 'Discounted revenue', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'Sales of the order lines that were sold at a discount.', 'reads': []},
    {'kpi': 'discounted_share', 'label': 'Share sold at a discount', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'Discounted revenue as a share of revenue.', 'reads': ['discounted_revenue', 'revenue']},
    {'kpi': 'order_count', 'label': 'Orders', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'Orders placed in the month.', 'reads': []},
    {'kpi': 'average_order_value', 'label': 'Average order value', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'Revenue by orders.', 'reads': ['revenue', 'order_count']},
    {'kpi': 'units_sold', 'label': 'Units sold', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'Pieces of all order lines, by the segment that the buyer belongs to.', 'reads': []},
    {'kpi': 'units_per_order', 'label': 'Units per order', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'Pieces by orders.', 'reads': ['units_sold', 'order_count']},
    {'kpi': 'buyers', 'label': 'Buyers', 'owner': 'growth@nexpo.example', 'category': 'business', 'description': 'Customers with at least one order in the month.', 'reads': []},
    {'kpi': 'revenue_per_buyer', 'label': 'Revenue per buyer', 'owner': 'growth@nexpo.example', 'category': 'business', 'description': 'Revenue by the customers who ordered.', 'reads': ['revenue', 'buyers']},
    {'kpi': 'repeat_orders', 'label': 'Repeat orders', 'owner': 'growth@nexpo.example', 'category': 'business', 'description': 'Orders by customers who had ordered before.', 'reads': []},
    {'kpi': 'repeat_purchase_rate', 'label': 'Repeat purchase rate', 'owner': 'growth@nexpo.example', 'category': 'business', 'description': 'Share of the orders that came from customers who had ordered before.', 'reads': ['repeat_orders', 'order_count']},
    {'kpi': 'revenue_growth_yoy', 'label': 'Revenue growth on the year before', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'Revenue of the month against the same month a year earlier.', 'reads': ['revenue']},
    {'kpi': 'monthly_recurring_revenue', 'label': 'Monthly recurring revenue', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'What the active subscribers pay a month, as things stand. A snapshot; see mrr for the past.', 'reads': []},
    {'kpi': 'churn_rate', 'label': 'Churned subscribers', 'owner': 'growth@nexpo.example', 'category': 'business', 'description': 'Subscribers who have left, in percent of all that there ever were, as things stand.', 'reads': []},
    {'kpi': 'mrr', 'label': "MRR at month's end", 'owner': 'finance@nexpo.example', 'category': 'business', 'description': "What the subscribers of each month's last day pay a month, from the dates on which they started and ended. All who have left did so on 2024-12-31, the only day that the data knows, so the last month falls steeply.", 'reads': []},
    {'kpi': 'active_subscribers', 'label': 'Active subscribers', 'owner': 'growth@nexpo.example', 'category': 'business', 'description': "Subscribers on each month's last day.", 'reads': []},
    {'kpi': 'new_subscribers', 'label': 'New subscribers', 'owner': 'growth@nexpo.example', 'category': 'business', 'description': 'Subscriptions that started in the month.', 'reads': []},
    {'kpi': 'arpu', 'label': 'Revenue per subscriber', 'owner': 'finance@nexpo.example', 'category': 'business', 'description': 'MRR by active subscribers.', 'reads': ['mrr', 'active_subscribers']},
    {'kpi': 'monthly_revenue_growth', 'label': 'Revenue growth on the month before', 'owner': 'finance@nexpo.example', 'category': 'custom', 'description': "Growth of completed transactions in percent, with the month's revenue and customers beside it.", 'reads': []},
    {'kpi': 'days_to_ship', 'label': 'Days to ship', 'owner': 'platform@nexpo.example', 'category': 'performance', 'description': 'Average days from order to shipment, of the orders that were shipped in the month.', 'reads': []},
    {'kpi': 'days_to_ship_p95', 'label': 'Days to ship, slowest 5 %', 'owner': 'platform@nexpo.example', 'category': 'performance', 'description': '95 of 100 orders that were shipped in the month took no longer.', 'reads': []},
    {'kpi': 'page_views', 'label': 'Web events', 'owner': 'platform@nexpo.example', 'category': 'performance', 'description': 'Events of the day.', 'reads': []},
    {'kpi': 'error_pages', 'label': 'Error pages', 'owner': 'platform@nexpo.example', 'category': 'performance', 'description': 'Error pages shown on the day.', 'reads': []},
    {'kpi': 'error_page_rate', 'label': 'Error page rate', 'owner': 'platform@nexpo.example', 'category': 'performance', 'description': "Error pages as a share of the day's events.", 'reads': ['error_pages', 'page_views']},
    {'kpi': 'payment_attempts', 'label': 'Payment attempts', 'owner': 'platform@nexpo.example', 'category': 'performance', 'description': 'Sessions of the week that reached the payment page.', 'reads': []},
    {'kpi': 'failed_payments', 'label': 'Failed payments', 'owner': 'platform@nexpo.example', 'category': 'performance', 'description': 'Sessions of the week that reached the payment page and saw a payment error.', 'reads': []},
    {'kpi': 'payment_error_rate', 'label': 'Payment error rate', 'owner': 'platform@nexpo.example', 'category': 'performance', 'description': 'Share of the sessions at the payment page that saw a payment error.', 'reads': ['failed_payments', 'payment_attempts']},
    {'kpi': 'support_contacts', 'label': 'Support contacts', 'owner': 'platform@nexpo.example', 'category': 'performance', 'description': 'Sessions of the week with a support chat.', 'reads': []},
    {'kpi': 'daily_active_users', 'label': 'Daily active users', 'owner': 'product@nexpo.example', 'category': 'users', 'description': 'Users with at least one event on the day.', 'reads': []},
    {'kpi': 'wau', 'label': 'Weekly active users', 'owner': 'product@nexpo.example', 'category': 'users', 'description': 'Users with at least one event on the day or the six days before.', 'reads': []},
    {'kpi': 'mau', 'label': 'Monthly active users', 'owner': 'product@nexpo.example', 'category': 'users', 'description': 'Users with at least one event on the day or the 29 days before.', 'reads': []},
    {'kpi': 'stickiness', 'label': 'Stickiness', 'owner': 'product@nexpo.example', 'category': 'users', 'description': "Daily by monthly active users, the share of the month's users who came on the day.", 'reads': ['daily_active_users', 'mau']},
    {'kpi': 'session_duration', 'label': 'Session duration', 'owner': 'product@nexpo.example', 'category': 'users', 'description': 'Average length of a session in seconds, over today and the seven days before.', 'reads': []},
    {'kpi': 'sessions', 'label': 'Sessions', 'owner': 'product@nexpo.example', 'category': 'users', 'description': 'Sessions that started in the week.', 'reads': []},
    {'kpi': 'median_session_length', 'label': 'Median session length', 'owner': 'product@nexpo.example', 'category': 'users', 'description': "Half of the week's sessions last longer.", 'reads': []},
    {'kpi': 'buying_sessions', 'label': 'Sessions with a purchase', 'owner': 'product@nexpo.example', 'category': 'users', 'description': 'Sessions of the week in which something was bought.', 'reads': []},
    {'kpi': 'conversion_rate', 'label': 'Conversion rate', 'owner': 'product@nexpo.example', 'category': 'users', 'description': "Share of the week's sessions in which something was bought.", 'reads': ['buying_sessions', 'sessions']},
    {'kpi': 'cart_sessions', 'label': 'Sessions with a filled cart', 'owner': 'product@nexpo.example', 'category': 'users', 'description': 'Sessions of the week in which something was put into the cart.', 'reads': []},
    {'kpi': 'filled_and_bought', 'label': 'Carts that were bought', 'owner': 'product@nexpo.example', 'category': 'users', 'description': 'Sessions of the week with both a filled cart and a purchase.', 'reads': []},
    {'kpi': 'cart_abandonment_rate', 'label': 'Cart abandonment', 'owner': 'product@nexpo.example', 'category': 'users', 'description': 'Share of the sessions with a filled cart in which nothing was bought.', 'reads': ['filled_and_bought', 'cart_sessions']},
]
JOBS = [
    {
        "name": 'kpi_cron_16ddb63454',
        "cron": '0 */6 * * *',
        "kpis": ['session_duration'],
    },
    {
        "name": 'kpi_daily_0000',
        "cron": '0 0 * * *',
        "kpis": ['monthly_recurring_revenue'],
    },
    {
        "name": 'kpi_daily_0100',
        "cron": '0 1 * * *',
        "kpis": ['page_views', 'error_pages', 'error_page_rate', 'daily_active_users', 'wau', 'mau', 'stickiness'],
    },
    {
        "name": 'kpi_monthly_1_0000',
        "cron": '0 0 1 * *',
        "kpis": ['customer_acquisition_cost'],
    },
    {
        "name": 'kpi_monthly_1_0500',
        "cron": '0 5 1 * *',
        "kpis": ['advertising_spend', 'revenue', 'return_on_ad_spend', 'gross_profit', 'gross_margin', 'discounted_revenue', 'discounted_share', 'order_count', 'average_order_value', 'units_sold', 'units_per_order', 'buyers', 'revenue_per_buyer', 'repeat_orders', 'repeat_purchase_rate', 'revenue_growth_yoy', 'mrr', 'active_subscribers', 'new_subscribers', 'arpu', 'monthly_revenue_growth', 'days_to_ship', 'days_to_ship_p95'],
    },
    {
        "name": 'kpi_weekly_1_0000',
        "cron": '0 0 * * 1',
        "kpis": ['churn_rate'],
    },
    {
        "name": 'kpi_weekly_1_0500',
        "cron": '0 5 * * 1',
        "kpis": ['payment_attempts', 'failed_payments', 'payment_error_rate', 'support_contacts', 'sessions', 'median_session_length', 'buying_sessions', 'conversion_rate', 'cart_sessions', 'filled_and_bought', 'cart_abandonment_rate'],
    },
]


def key(kpi):
    """Below `kpi`, so that no name is a word of Python's or of Dagster's, or another asset's."""
    return dagster.AssetKey(["kpi", kpi])


def make_asset(kpi):
    @dagster.asset(
        key=key(kpi["kpi"]),
        deps=[key(each) for each in kpi["reads"]],
        group_name="kpis",
        description=kpi["description"],
        metadata={key: dagster.MetadataValue.text(kpi[key]) for key in ("label", "owner", "category") if kpi[key]},
        retry_policy=dagster.RetryPolicy(max_retries=2, delay=60),
    )
    def compute() -> None:
        subprocess.run(["kpictl", "--project-dir", PROJECT_DIR, "run", kpi["kpi"]], check=True)

    return compute


def make_schedule(job):
    return dagster.ScheduleDefinition(
        name=job["name"] + "_schedule",
        cron_schedule=job["cron"],
        execution_timezone=ZONE,
        job=dagster.define_asset_job(
            name=job["name"],
            selection=dagster.AssetSelection.assets(*map(key, job["kpis"])),
            # One after another: the store takes one writer at a time.
            executor_def=dagster.in_process_executor,
        ),
    )


SCHEDULES = [make_schedule(job) for job in JOBS]

defs = dagster.Definitions(
    assets=[make_asset(kpi) for kpi in KPIS],
    jobs=[each.job for each in SCHEDULES],
    schedules=SCHEDULES,
)
