// Alpine data of a list whose rows can be picked: some, the page, or all results of the filter.

/** `x-data="pickable"` on an element that holds the table; checkboxes named `pick`, a bar with `x-show="any"`. */
export function pickable() {
  return {
    picked: [],
    everything: false,
    total: 0,
    get count() {
      return this.everything ? this.total : this.picked.length;
    },
    get any() {
      return this.picked.length > 0;
    },
    boxes() {
      return [...this.$root.querySelectorAll("input[name=pick]")];
    },
    update() {
      this.everything = false;
      this.picked = this.boxes().filter((box) => box.checked).map((box) => box.value);
      for (const box of this.boxes()) box.closest("tr")?.classList.toggle("is-marked", box.checked);
    },
    pickPage(event) {
      for (const box of this.boxes()) box.checked = event.target.checked;
      this.update();
    },
    pickEverything() {
      this.total = this.$root.dataset.total ?? this.picked.length;
      this.everything = true;
    },
    clear() {
      for (const box of this.$root.querySelectorAll("input[type=checkbox]")) box.checked = false;
      this.update();
    },
  };
}
