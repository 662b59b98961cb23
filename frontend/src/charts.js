// Draws the charts that core.rules.charts describes. Loaded only by pages that have one.
import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

import { readColours } from "./charts/colours.js";
import { seriesOptions, seriesUrl } from "./charts/series.js";
import { waterfallOptions, waterfallUrl } from "./charts/waterfall.js";

use([AriaComponent, BarChart, CanvasRenderer, CustomChart, GridComponent, LegendComponent, LineChart, MarkLineComponent, TooltipComponent]);

const KINDS = {
  series: { options: seriesOptions, url: seriesUrl, isEmpty: (config) => !config.x.length || !config.series.length },
  waterfall: { options: waterfallOptions, url: waterfallUrl, isEmpty: (config) => !config.steps.length },
};
const drawn = new Map();

/** Draw the chart whose figures stand in the JSON block that the element names. */
export function drawChart(place) {
  // The panel may have closed while this script was on its way.
  const source = document.getElementById(place.dataset.chart);
  if (!source) return;
  const config = JSON.parse(source.textContent);
  const kind = KINDS[config.kind];
  if (kind.isEmpty(config)) {
    const words = JSON.parse(document.getElementById("words").textContent);
    place.replaceChildren(Object.assign(document.createElement("div"), { className: "chart-none", textContent: words.no_data }));
    return;
  }
  const chart = init(place, null, { renderer: "canvas" });
  const paint = () => chart.setOption(kind.options(config, readColours(place), place.clientWidth), true);
  paint();
  drawn.set(chart, { place, paint });
  chart.getZr().on("click", (event) => {
    const url = kind.url(config, chart, event);
    if (url) location.assign(url);
  });
  chart.getZr().on("mousemove", (event) => {
    chart.getZr().setCursorStyle(kind.url(config, chart, event) ? "pointer" : "default");
  });
  new ResizeObserver(() => {
    if (!place.isConnected) {
      drawn.delete(chart);
      chart.dispose();
    } else if (place.clientWidth !== chart.getWidth() || place.clientHeight !== chart.getHeight()) {
      chart.resize();
      paint();
    }
  }).observe(place);
  place.closest(".chart")?.querySelector("[data-chart-png]")?.addEventListener("click", () => savePicture(chart, place));
}

function savePicture(chart, place) {
  const { canvas } = readColours(place);
  const link = document.createElement("a");
  link.href = chart.getDataURL({ pixelRatio: 2, backgroundColor: canvas });
  link.download = `${place.closest(".chart").querySelector(".chart-head").textContent.trim().split("\n")[0]}.png`;
  link.click();
}

function repaint() {
  for (const { paint } of drawn.values()) paint();
}
document.addEventListener("theme", repaint);

// Paper is white and of another width: a picture in light colours takes the canvas's place while it is printed.
addEventListener("beforeprint", () => {
  for (const [chart, { place, paint }] of drawn) {
    place.style.colorScheme = "light";
    paint();
    const picture = Object.assign(new Image(), { src: chart.getDataURL({ pixelRatio: 2 }), className: "chart-print" });
    place.append(picture);
  }
});
addEventListener("afterprint", () => {
  for (const { place } of drawn.values()) {
    place.style.colorScheme = "";
    place.querySelector(".chart-print")?.remove();
  }
  repaint();
});
