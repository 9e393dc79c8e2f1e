// Draws one dashboard: page.html?dashboard=fleet&prometheus=http://...&device=pump-03
import "uplot/dist/uPlot.min.css";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import detector from "../dashboards/detector.json";
import device from "../dashboards/device.json";
import fleet from "../dashboards/fleet.json";
import { api, ask, frames, legend, RANGE_S, substituted } from "./prometheus.js";

// Required, not imported: Grafana's ESM form takes whole CommonJS modules for their default exports.
const { createTheme, dateTime, FieldColorModeId, FieldType, getDisplayProcessor, toDataFrame, ThemeContext } = require("@grafana/data");
const { BarGauge, BigValue, PanelChrome, Table, TimeSeries } = require("@grafana/ui");

const CELL_H = 30, GAP = 8, WIDTH = 1600;
const theme = createTheme({ colors: { mode: "dark" } });
const query = new URLSearchParams(location.search);
const base = query.get("prometheus");
const dashboard = { fleet, device, detector }[query.get("dashboard")];
const chosen = { device: query.get("device") ?? "" };

const left = (x) => (x * WIDTH) / 24;
const overridesOf = (panel, name) =>
  panel.fieldConfig.overrides.filter((o) => o.matcher.options === name).flatMap((o) => o.properties);

/** What holds of all fields of a panel, with what is special of one. */
function configOf(panel, name) {
  const config = structuredClone(panel.fieldConfig.defaults);
  config.custom ??= {};
  delete config.links;
  for (const { id, value } of overridesOf(panel, name)) {
    if (id.startsWith("custom.")) config.custom[id.slice(7)] = value;
    else if (id !== "links") config[id] = value;
  }
  if (config.noValue === undefined) config.noValue = "";
  return config;
}

const display = (field) => getDisplayProcessor({ field, theme });

function Stat({ panel, answers, width, height }) {
  const values = panel.targets.flatMap((target, i) => answers[i].map((one) => ({ title: legend(target, one.metric), value: Number(one.value[1]) })));
  return (
    <div style={{ display: "flex", flexDirection: "row" }}>
      {values.map(({ title, value }, i) => {
        const shown = display({ name: title, type: FieldType.number, values: [value], config: configOf(panel, title) })(value);
        if (values.length > 1) shown.title = title;
        return (
          <BigValue key={i} theme={theme} width={width / values.length} height={height} value={shown} colorMode="value" graphMode="none"
            justifyMode="auto" textMode={values.length > 1 ? "value_and_name" : "value"} text={values.length > 1 ? { titleSize: 14, valueSize: 32 } : {}} />
        );
      })}
    </div>
  );
}

function Bars({ panel, answers, width, height }) {
  const rows = panel.targets.flatMap((target, i) => answers[i].map((one) => ({ title: legend(target, one.metric), value: Number(one.value[1]) })));
  const each = Math.min(36, height / Math.max(rows.length, 1));
  const most = Math.max(...rows.map((row) => row.value), 1e-9);
  return rows.map(({ title, value }) => {
    const config = { ...configOf(panel, title), min: 0 };
    config.max ??= most;
    const field = { name: title, type: FieldType.number, values: [value], config };
    return (
      <BarGauge key={title} theme={theme} width={width} height={each - 4} field={config} display={display(field)} value={{ ...display(field)(value), title }}
        orientation="horizontal" displayMode="gradient" showUnfilled itemSpacing={8} alignmentFactors={{ title: "pump-0000", text: "critical " }} />
    );
  });
}

function Lines({ panel, answers, width, height, now }) {
  const all = panel.targets.flatMap((target, i) => frames(target, answers[i], now, (name) => configOf(panel, name)));
  all.forEach((frame, place) => {
    const field = frame.fields[1];
    field.state = { seriesIndex: place };
    field.display = display(field);
    if (field.config.color?.mode !== "fixed") field.config.color = { mode: FieldColorModeId.PaletteClassic };
  });
  const timeRange = { from: dateTime((now - RANGE_S) * 1000), to: dateTime(now * 1000), raw: { from: "", to: "" } };
  return <TimeSeries frames={all} width={width} height={height} timeRange={timeRange} timeZone="utc" legend={panel.options.legend} />;
}

/** What the transformations `merge` and `organize` do: a row for each set of labels. */
function Rows({ panel, answers, width, height }) {
  const organize = panel.transformations.find((t) => t.id === "organize").options;
  const rows = new Map();
  panel.targets.forEach((target, i) =>
    answers[i].forEach(({ metric, value }) => {
      const key = JSON.stringify(metric);
      rows.set(key, { ...(rows.get(key) ?? metric), [organize.renameByName[`Value #${target.refId}`]]: Number(value[1]) });
    }),
  );
  const columns = Object.entries(organize.indexByName).sort((a, b) => a[1] - b[1]).map(([field]) => organize.renameByName[field] ?? field);
  const sort = panel.options.sortBy[0].displayName;
  const sorted = [...rows.values()].sort((a, b) => b[sort] - a[sort]);
  const frame = toDataFrame({
    fields: columns.map((name) => ({ name, values: sorted.map((row) => row[name] ?? null), config: configOf(panel, name) })),
  });
  frame.fields.forEach((field) => (field.display = display(field)));
  return <Table data={frame} width={width} height={height} columnMinWidth={60} />;
}

/** A stand-in: the state timeline is not among the published components. */
function Timeline({ panel, answers, width, height, now }) {
  const series = panel.targets.flatMap((target, i) => answers[i].map((one) => ({ name: legend(target, one.metric), values: one.values })));
  const colours = Object.fromEntries(panel.fieldConfig.defaults.mappings.flatMap((m) => Object.entries(m.options).map(([k, v]) => [k, v.color])));
  const each = Math.min(26, height / Math.max(series.length, 1));
  const label = Math.min(230, width / 3);
  return series.sort((a, b) => a.name.localeCompare(b.name)).map(({ name, values }) => (
    <div key={name} style={{ position: "relative", height: each, fontSize: 12, lineHeight: `${each}px` }}>
      <span style={{ position: "absolute", width: label - 8, textAlign: "right", overflow: "hidden", whiteSpace: "nowrap" }}>{name}</span>
      {values.map(([t, v]) => (
        <span key={t} style={{ position: "absolute", top: 3, height: each - 6, width: ((width - label) * 2) / RANGE_S + 0.6,
          left: label + ((width - label) * (t - now + RANGE_S)) / RANGE_S, background: theme.visualization.getColorByName(colours[v] ?? "gray") }} />
      ))}
    </div>
  ));
}

const KINDS = { stat: Stat, bargauge: Bars, timeseries: Lines, table: Rows, "state-timeline": Timeline };

function Panel({ panel, place, title, values, now }) {
  const [answers, setAnswers] = useState(null);
  useEffect(() => {
    Promise.all(panel.targets.map((target) => ask(base, target, now, values))).then((found) => {
      setAnswers(found);
      window.waiting -= 1;
    });
  }, []);
  const Kind = KINDS[panel.type];
  const width = left(place.w) - GAP, height = place.h * (CELL_H + GAP) - GAP;
  return (
    <div style={{ position: "absolute", left: left(place.x), top: place.y * (CELL_H + GAP), width, height }}>
      <PanelChrome title={title} width={width} height={height}>
        {(w, h) => answers && <Kind panel={panel} answers={answers} width={w} height={h} now={now} />}
      </PanelChrome>
    </div>
  );
}

/** Places panels that repeat for each channel, and moves down what is below them. */
async function laidOut() {
  const channels = chosen.device ? await api(base, "label/channel/values", { "match[]": `detector_value{device="${chosen.device}"}` }) : [];
  let moved = 0;
  return dashboard.panels.flatMap((panel) => {
    const place = { ...panel.gridPos, y: panel.gridPos.y + moved };
    if (panel.type === "row") return [{ row: substituted(panel.title, chosen), place }];
    if (!panel.repeat) return [{ panel, place, title: substituted(panel.title, chosen), values: chosen }];
    const across = panel.maxPerRow;
    moved += place.h * (Math.ceil(channels.length / across) - 1);
    return channels.map((channel, i) => {
      const values = { ...chosen, channel };
      const at = { ...place, x: (i % across) * place.w, y: place.y + Math.floor(i / across) * place.h };
      return { panel, place: at, title: substituted(panel.title, values), values };
    });
  });
}

const now = Math.floor(Date.now() / 1000);
async function draw() {
  const all = await laidOut();
  window.waiting = all.filter((one) => one.panel).length;
  const height = Math.max(...all.map(({ place }) => place.y + place.h)) * (CELL_H + GAP);
  document.body.style.cssText = `margin:0;background:${theme.colors.background.canvas};color:${theme.colors.text.primary};font-family:Inter,"DejaVu Sans",sans-serif;font-size:14px`;
  document.head.insertAdjacentHTML("beforeend", "<style>*{box-sizing:border-box} button{color:inherit;background:none;border:none} table{border-collapse:collapse}</style>");
  createRoot(document.getElementById("page")).render(
    <ThemeContext.Provider value={theme}>
      <div style={{ padding: 12, width: WIDTH }}>
        <div style={{ fontSize: 20, margin: "4px 0 12px" }}>{dashboard.title}{chosen.device ? `: ${chosen.device}` : ""}</div>
        <div style={{ position: "relative", height }}>
          {all.map((one, i) =>
            one.row !== undefined ? (
              <div key={i} style={{ position: "absolute", top: one.place.y * (CELL_H + GAP), lineHeight: `${CELL_H}px`, fontWeight: 500 }}>⌄ {one.row}</div>
            ) : (
              <Panel key={i} {...one} now={now} />
            ),
          )}
        </div>
      </div>
    </ThemeContext.Provider>,
  );
}
draw();
