// The house's colours as the browser computes them for an element, so that charts follow the theme.

const NAMES = ["canvas", "raised", "line", "line-strong", "ink", "ink-2", "ink-3", "accent", "accent-soft", "late-mark", "warn-mark", "good-mark", "plain-mark"];

/** Return the tokens as colours that a canvas understands. */
export function readColours(place) {
  const probe = document.createElement("span");
  // Whoever wants no motion has transitions of almost no length: even those would answer with the colour before.
  probe.style.transition = "none";
  place.append(probe);
  const colours = {};
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    colours[name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())] = getComputedStyle(probe).color;
  }
  colours.font = getComputedStyle(place).fontFamily;
  probe.remove();
  return colours;
}

/** Return the colour of a tone; series without one take neutral steps of the accent and of grey. */
export function toneColour(colours, tone, index = 0) {
  const byTone = {
    accent: colours.accent,
    plain: colours.plainMark,
    late: colours.lateMark,
    warn: colours.warnMark,
    good: colours.goodMark,
  };
  return byTone[tone] ?? [colours.accent, colours.ink2, colours.plainMark, colours.lineStrong][index % 4];
}

/** Return a colour with another opacity. */
export function fade(colour, opacity) {
  const numbers = colour.match(/[\d.]+/g);
  return colour.startsWith("rgb") ? `rgba(${numbers.slice(0, 3).join(",")},${opacity})` : colour;
}
