// Without this script, and with ?handout in the address, the page is the handout: the slides below one another, each
// with its notes. With it, the page is a deck.
const root = document.documentElement;
const onPaper = /handout|print/.test(location.search);
const dark = localStorage.theme ? localStorage.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
root.dataset.theme = dark && !onPaper ? "dark" : "light";

if (!location.search.includes("handout")) {
  root.classList.remove("handout");
  document.getElementById("reveal-style")?.setAttribute("media", "all");
  document.addEventListener("DOMContentLoaded", () => {
    // The code of an explorable would be counted as a slide.
    document.body.append(...document.querySelectorAll(".slides :is(link, script)"));
    const { Reveal, RevealNotes } = /** @type {any} */ (globalThis);
    Reveal.initialize({
      width: 1280,
      height: 720,
      margin: 0,
      center: false,
      display: "flex",
      hash: true,
      slideNumber: "c/t",
      transition: "none",
      backgroundTransition: "none",
      scrollActivationWidth: null,
      keyboardCondition: () => !document.activeElement?.closest(".klx"), // there the arrow keys pull
      plugins: [RevealNotes],
    });
    Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark room, light room" }, () => {
      root.dataset.theme = localStorage.theme = root.dataset.theme === "dark" ? "light" : "dark";
    });
  });
}
