/**
 * Rules in the syntax and manner of public filter lists, written for this test: generic paths,
 * hosts and scripts that such lists name because of trackers and A/B tests.
 */
const RULES = `
-analytics.js
-tracking.js
-tracker.min.js
-event-tracking.
-pixel.gif?
.analytics.js
.net/track?
.tracking.js
/__utm.gif
/ab-test.js
/ab-testing.
/ab_testing/
/abtest.js
/abtest/
/abtesting.
/analytics.js
/analytics/*/events
/analytics/collect
/analytics/event^
/analytics/events^
/analytics/track
/api/analytics/
/api/event?
/api/events?
/api/stats/
/api/telemetry
/api/track^
/api/v*/track^
/beacon.js
/beacon?
/beacons^
/clicktrack.
/collect?
/collector/
/data-collect.
/datacollect.
/event-log?
/event/track
/event_logging.
/event_tracker.
/events.gif?
/events/track
/eventtracker.
/experiment.js
/experiments.js
/exposure?
/fingerprint.js
/gtag.js
/hit.gif
/hits?
/impression?
/impressions^
/js/analytics.
/js/tag.js$script,third-party
/js/tracker
/log-event?
/log.gif?
/log?event=
/logevents?
/metrics/collect
/metrics?
/optimize.js
/page-view?
/pageview.
/pageview?
/pageviews?
/ping?
/pixel.gif?
/pixel?
/piwik.
/matomo.
/plausible.js
/rum.js
/script.tagged
/sdk/telemetry
/session-replay.
/split-test.
/splittest.
/stat.js?
/stats.js
/stats/event
/tag-manager/
/tag.js?
/tagmanager.
/telemetry^
/tr?id=
/track.gif
/track.js
/track/event
/track/pageview
/track?
/tracker.js
/tracking.js
/tracking/event
/tracking/events^
/trackEvent
/v1/events?
/visit.gif
/visitor-id.
/visitors^
://analytics.*/event^
://analytics.*/events^
://event.*/track
://events.*/collect
://stats.*/events^
://telemetry.
://tracking.
://track.
://pixel.
://metrics.*/events
?event=pageview&
&event=pageview
?pageview=
&visitorid=
?visitor_id=
||google-analytics.com^
||abtasty.com^
||cdn.optimizely.com^
||growthbook.io^$third-party
`
  .trim()
  .split("\n");

const ESCAPED = /[.+?${}()[\]\\]/g;

/** The regular expression of a rule: `||` host, `|` end, `^` separator, `*` anything. */
function expressionOf(rule: string): RegExp {
  const [pattern = ""] = rule.split("$");
  const text = pattern
    .replace(ESCAPED, "\\$&")
    .replace(/^\|\|/, "HOST")
    .replace(/^\||\|$/g, (end) => (end === pattern[0] ? "^" : "$"))
    .replaceAll("*", ".*")
    .replace(/(?<!^)\^/g, "(?:[^\\w.%-]|$)")
    .replace("HOST", "^https?://(?:[^/]+\\.)?");
  return new RegExp(text, "i");
}

const EXPRESSIONS = RULES.map((rule) => [rule, expressionOf(rule)] as const);

/** The rules that block a URL, on a page of another site as well. */
export function rulesAgainst(url: string): string[] {
  return EXPRESSIONS.flatMap(([rule, expression]) => (expression.test(url) ? [rule] : []));
}
