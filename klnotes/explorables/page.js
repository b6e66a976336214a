// Runs an explorable on the published page, where there is no kernel: the figure's data stand in for Python's side.
// _ext/explorables.py puts this text after the explorable's module, so that it works from file:// as well.

class Model {
  constructor(state) {
    this.state = state;
    this.listeners = new Set();
  }
  get(name) {
    return this.state[name];
  }
  set(name, value) {
    this.state[name] = value;
    this.listeners.forEach((listener) => listener());
  }
  save_changes() {}
  on(_, listener) {
    this.listeners.add(listener);
  }
  off(_, listener) {
    this.listeners.delete(listener);
  }
}

// From the first touch on the rest of the page stands still (klnotes.css), until it must fit another window.
const { classList } = document.documentElement;
const hold = () => classList.add("klx-held");
addEventListener("resize", () => classList.remove("klx-held"));

/**
 * @param {string} name
 * @param {(given: { model: Model, el: HTMLElement }) => void} render
 */
function hydrate(name, render) {
  /** @type {NodeListOf<HTMLElement>} */
  const figures = document.querySelectorAll(`[data-explorable="${name}"]`);
  for (const figure of figures) {
    try {
      render({ model: new Model(JSON.parse(figure.dataset.state ?? "")), el: figure });
      figure.classList.add("klx-live");
      figure.addEventListener("focusin", hold);
    } catch (error) {
      console.warn(`The explorable ${name} stays a picture: ${error}`);
    }
  }
}

export { hydrate };
