// Lines, areas and bars along dates or names.
import { fade, toneColour } from "./colours.js";
import { axisText, fullText, shortText } from "./format.js";
import { bareTooltip, tip } from "./tip.js";

/** Return ECharts' options for a `series` chart. */
export function seriesOptions(config, colours, width) {
  const isMany = config.series.length > 1;
  const stackedBars = config.series.filter((series) => series.shape === "bar" && series.stack).length;
  const names = {
    type: "category",
    data: config.x,
    inverse: config.horizontal,
    boundaryGap: config.series.some((series) => series.shape === "bar"),
    axisLine: { show: true, onZero: true, lineStyle: { color: colours.lineStrong } },
    axisTick: { show: false },
    axisLabel: {
      color: colours.ink3,
      hideOverlap: true,
      formatter: (text, index) => axisText(text, index, config.x),
      ...(config.horizontal ? { width: Math.min(160, width * 0.35), overflow: "truncate", color: colours.ink2 } : {}),
    },
  };
  const values = {
    type: "value",
    splitNumber: 4,
    axisLabel: { color: colours.ink3, formatter: (value) => shortText(value, config.unit), showMaxLabel: !config.limits.length },
    splitLine: { lineStyle: { color: colours.line } },
    minInterval: config.unit === "count" ? 1 : undefined,
    max: ({ max }) => limitRoom(config, max),
  };
  return {
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
    textStyle: { fontFamily: colours.font, fontSize: 12 },
    aria: { enabled: true, label: { enabled: false }, decal: { show: stackedBars > 1, decals: decals(colours) } },
    grid: { left: 4, right: endRoom(config), top: isMany ? 32 : 14, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: {
      show: isMany,
      // One line above the axis; what does not fit is paged through instead of wrapping into the picture.
      type: "scroll",
      left: 0,
      right: 0,
      top: 0,
      pageIconSize: 10,
      pageIconColor: colours.ink2,
      pageIconInactiveColor: colours.lineStrong,
      pageTextStyle: { color: colours.ink3, fontSize: 12 },
      padding: 0,
      itemWidth: 14,
      itemHeight: 8,
      itemGap: 16,
      textStyle: { color: colours.ink2, fontSize: 12 },
      inactiveColor: colours.lineStrong,
    },
    tooltip: {
      ...bareTooltip,
      trigger: "axis",
      axisPointer: { type: "line", lineStyle: { color: colours.lineStrong, type: "solid" } },
      formatter: (points) =>
        tip(config.x[points[0].dataIndex], points.map((point) => [point.seriesName, fullText(point.value, config.unit)])),
    },
    xAxis: config.horizontal ? values : names,
    yAxis: config.horizontal ? names : values,
    series: config.series.map((series, index) => oneSeries(config, colours, series, index, isMany)),
  };
}

function oneSeries(config, colours, series, index, isMany) {
  const isBar = series.shape === "bar";
  const colour = series.comparison ? colours.lineStrong : toneColour(colours, series.tone, index);
  const label = {
    color: colours.ink2,
    fontSize: 12,
    fontWeight: 500,
    formatter: ({ value }) => (value === null || value === undefined ? "" : shortText(value, config.unit)),
  };
  return {
    name: series.name,
    type: isBar ? "bar" : "line",
    data: isBar && !series.stack && !isMany ? labelLast(series.values, config.horizontal, label) : series.values,
    stack: series.stack || undefined,
    color: colour,
    cursor: "inherit",
    // Of two lines the second is dashed: colour is never alone.
    lineStyle: { width: series.comparison ? 1.5 : 2, type: series.comparison ? "dashed" : index % 2 ? [6, 3] : "solid", color: colour },
    itemStyle: isBar ? { borderRadius: series.stack ? 0 : 2 } : undefined,
    barMaxWidth: 28,
    areaStyle: series.shape === "area" ? { color: fade(colour, 0.12) } : undefined,
    showSymbol: series.values.length === 1,
    symbol: "circle",
    symbolSize: 6,
    emphasis: { disabled: true },
    endLabel: hasEndLabel(series, isMany) ? { show: true, distance: 6, ...label } : undefined,
    labelLayout: { moveOverlap: "shiftY" },
    markLine: index === 0 ? limitLines(config, colours) : undefined,
    z: series.comparison ? 1 : 2,
  };
}

/** A line's last value is written beside it; of several lines not where they lie on the zero line or have ended. */
function hasEndLabel(series, isMany) {
  const last = series.values.at(-1) ?? null;
  return series.shape !== "bar" && !series.comparison && last !== null && (last !== 0 || !isMany);
}

function labelLast(values, horizontal, label) {
  return values.map((value, at) =>
    horizontal || at === values.length - 1 ? { value, label: { show: true, position: horizontal ? "right" : "top", ...label } } : value,
  );
}

function limitLines(config, colours) {
  if (!config.limits.length) return undefined;
  return {
    silent: true,
    symbol: "none",
    data: config.limits.map((limit) => ({
      [config.horizontal ? "xAxis" : "yAxis"]: limit.value,
      lineStyle: { color: toneColour(colours, limit.tone), type: [4, 3], width: 1 },
      label: {
        position: "insideStartTop",
        color: toneColour(colours, limit.tone),
        fontSize: 12,
        formatter: `${limit.label} ${shortText(limit.value, config.unit)}`,
      },
    })),
  };
}

/** A limit that no value reaches must still be in the picture. */
function limitRoom(config, max) {
  const highest = Math.max(...config.limits.map((limit) => limit.value), -Infinity);
  return highest > max ? highest * 1.1 : null;
}

/** Room at the right for the longest label of a last value. */
function endRoom(config) {
  const labels = config.series.filter((series) => hasEndLabel(series, config.series.length > 1)).map((series) => shortText(series.values.at(-1), config.unit));
  if (config.horizontal) return 64;
  return labels.length ? 14 + Math.max(...labels.map((text) => text.length)) * 7.5 : 8;
}

function decals(colours) {
  const stripe = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4, color: fade(colours.canvas, 0.55) };
  return [{ symbol: "none" }, stripe, { ...stripe, rotation: Math.PI / 4 }, { ...stripe, rotation: 0 }];
}

/** Return the address of the records behind the place of a click. */
export function seriesUrl(config, chart, event) {
  const point = [event.offsetX, event.offsetY];
  if (!chart.containPixel("grid", point)) return "";
  const at = chart.convertFromPixel({ seriesIndex: 0 }, point)[config.horizontal ? 1 : 0];
  return config.series.map((series) => series.urls[Math.round(at)]).find(Boolean) ?? "";
}
