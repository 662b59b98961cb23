// Charts load their library only on pages that have one.

/** Draw the charts of the page and of whatever is swapped in later. */
export function watchCharts() {
  draw(document);
  document.addEventListener("htmx:after:swap", () => draw(document));
}

async function draw(scope) {
  const places = [...scope.querySelectorAll("[data-chart]:not([data-drawn])")];
  if (!places.length) return;
  for (const place of places) place.dataset.drawn = "";
  const { drawChart } = await import(document.documentElement.dataset.charts);
  for (const place of places) drawChart(place);
}
