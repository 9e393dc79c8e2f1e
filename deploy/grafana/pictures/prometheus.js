// Asks Prometheus what a panel's queries say, as Grafana's data frames.
const { FieldType, toDataFrame } = require("@grafana/data");

export const RANGE_S = 420;
const STEP_S = 2;

export async function api(base, path, query) {
  const answer = await fetch(`${base}/api/v1/${path}?${new URLSearchParams(query)}`);
  return (await answer.json()).data;
}

export function substituted(text, values) {
  const known = { __rate_interval: "15s", __interval: `${STEP_S}s`, __range: `${RANGE_S}s`, instance: ".*", channel: ".*", ...values };
  return text.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)/g, (all, braced, plain) => known[braced ?? plain] ?? all);
}

export async function ask(base, target, now, values) {
  const expr = substituted(target.expr, values);
  return target.instant
    ? (await api(base, "query", { query: expr, time: now })).result
    : (await api(base, "query_range", { query: expr, start: now - RANGE_S, end: now, step: STEP_S })).result;
}

export function legend(target, metric) {
  if (target.legendFormat === "__auto") return Object.values(metric).slice(-1)[0] ?? "value";
  return target.legendFormat.replace(/{{\s*(\w+)\s*}}/g, (_, label) => metric[label] ?? "").trim();
}

/** One frame a series, on a common grid of times, so that gaps are gaps. */
export function frames(target, series, now, config) {
  const times = Array.from({ length: RANGE_S / STEP_S + 1 }, (_, i) => Math.round((now - RANGE_S + i * STEP_S) * 1000));
  return series.map((one) => {
    const at = new Map(one.values.map(([t, v]) => [Math.round(t * 1000), Number(v)]));
    const name = legend(target, one.metric);
    return toDataFrame({
      refId: target.refId,
      fields: [
        { name: "Time", type: FieldType.time, values: times },
        { name, type: FieldType.number, values: times.map((t) => at.get(t) ?? null), labels: {}, config: config(name) },
      ],
    });
  });
}
