// The reading box, built of elements because the security policy forbids markup with styles.

/** Return the box: a heading and rows of [name, value]. */
export function tip(heading, rows) {
  const box = document.createElement("div");
  box.className = "chart-tip";
  const head = document.createElement("div");
  head.textContent = heading;
  box.append(head);
  for (const [name, value] of rows) {
    const row = document.createElement("div");
    row.className = "chart-tip-row";
    for (const [className, text] of [["chart-tip-name", name], ["chart-tip-value num", value]]) {
      row.append(Object.assign(document.createElement("span"), { className, textContent: text }));
    }
    box.append(row);
  }
  return box;
}

export const bareTooltip = {
  backgroundColor: "transparent",
  borderWidth: 0,
  padding: 0,
  extraCssText: "box-shadow:none",
  confine: true,
  transitionDuration: 0,
};
