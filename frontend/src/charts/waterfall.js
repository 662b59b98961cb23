// How a figure comes about: one bar a reason, each starting where the one before ended.
import { toneColour } from "./colours.js";
import { fullText, shortText } from "./format.js";
import { bareTooltip, tip } from "./tip.js";

function spans(steps) {
  let sum = 0;
  return steps.map((step) => {
    const from = step.total ? 0 : sum;
    sum = step.total ? step.value : sum + step.value;
    return { ...step, from, to: sum };
  });
}

/** Totals far above the reasons would squeeze them: then the axis starts just below the lowest step. */
function start(rows) {
  const ends = rows.flatMap((row) => (row.total ? [row.to] : [row.from, row.to]));
  const low = Math.min(...ends);
  const range = Math.max(...ends) - low;
  return low > 2 * range ? Math.floor((low - range * 0.6) / 10) * 10 : Math.min(0, low);
}

function signed(step, unit, text) {
  return step.total || step.value <= 0 ? text(step.value, unit) : `+${text(step.value, unit)}`;
}

/** Return ECharts' options for a `waterfall`. */
export function waterfallOptions(config, colours, width) {
  const rows = spans(config.steps);
  const labelWidth = Math.min(220, width * 0.42);
  return {
    animationDuration: 0,
    textStyle: { fontFamily: colours.font, fontSize: 12 },
    grid: { left: 4, right: 56, top: config.limits.length ? 22 : 4, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      ...bareTooltip,
      trigger: "item",
      formatter: ({ dataIndex }) => tip(rows[dataIndex].name, [[signed(rows[dataIndex], config.unit, fullText), fullText(rows[dataIndex].to, config.unit)]]),
    },
    xAxis: {
      type: "value",
      axisLabel: { show: false },
      splitLine: { show: false },
      axisLine: { show: true, lineStyle: { color: colours.line } },
      min: start(rows),
      max: ({ max }) => Math.max(max, ...config.limits.map((limit) => limit.value * 1.04)),
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: rows.map((row) => row.name),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colours.lineStrong } },
      axisLabel: { color: colours.ink2, interval: 0, width: labelWidth, overflow: "truncate" },
    },
    series: [
      {
        type: "custom",
        cursor: "inherit",
        data: rows.map((row, index) => [row.from, index, row.to]),
        encode: { x: [0, 2], y: 1 },
        renderItem: (_, api) => drawStep(api, rows, config, colours),
        markLine: {
          silent: true,
          symbol: "none",
          data: config.limits.map((limit) => ({
            xAxis: limit.value,
            lineStyle: { color: toneColour(colours, limit.tone), type: [4, 3], width: 1 },
            label: { position: "start", rotate: 0, distance: 4, color: toneColour(colours, limit.tone), formatter: `${limit.label} ${shortText(limit.value, config.unit)}` },
          })),
        },
      },
    ],
  };
}

function drawStep(api, rows, config, colours) {
  const index = api.value(1);
  const row = rows[index];
  const [x1, y] = api.coord([Math.max(row.from, start(rows)), index]);
  const [x2] = api.coord([row.to, index]);
  const room = api.size([0, 1])[1];
  const height = Math.min(18, room * 0.62);
  const fill = row.total ? colours.ink2 : row.value < 0 ? colours.plainMark : colours.accent;
  const left = Math.min(x1, x2);
  const children = [
    { type: "rect", shape: { x: left, y: y - height / 2, width: Math.max(Math.abs(x2 - x1), 1), height, r: 2 }, style: { fill } },
    {
      type: "text",
      x: Math.max(x1, x2) + 6,
      y,
      style: { text: signed(row, config.unit, shortText), fill: row.total ? colours.ink : colours.ink2, fontSize: 12, fontWeight: row.total ? 600 : 400, verticalAlign: "middle" },
    },
  ];
  if (index + 1 < rows.length) {
    children.push({
      type: "line",
      shape: { x1: x2, y1: y + height / 2, x2, y2: y + room - height / 2 },
      style: { stroke: colours.lineStrong, lineWidth: 1 },
    });
  }
  return { type: "group", children };
}

/** Return the address of the reason under a click. */
export function waterfallUrl(config, chart, event) {
  const point = [event.offsetX, event.offsetY];
  if (!chart.containPixel("grid", point)) return "";
  return config.steps[Math.round(chart.convertFromPixel({ seriesIndex: 0 }, point)[1])]?.url ?? "";
}
