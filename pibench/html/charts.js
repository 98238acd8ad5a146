// Draws every chart of the page, in order, and says in the document's data-charts when all are there.
const config = JSON.parse(document.getElementById("theme").textContent);
const options = {
  mode: "vega-lite",
  renderer: "svg",
  actions: false,
  ast: true, // expressions are interpreted: the page's policy allows no code made from text
  config,
  tooltip: { theme: "page", disableDefaultStyle: true },
};
for (const place of document.querySelectorAll(".chart")) {
  const spec = JSON.parse(place.querySelector("script").textContent);
  try {
    await window.vegaEmbed(place.querySelector(".drawing"), spec, options);
    place.dataset.drawn = "yes";
  } catch (error) {
    place.dataset.drawn = "no";
    place.querySelector(".drawing").textContent = "This chart could not be drawn: " + error.message;
    console.error(error);
  }
}
document.documentElement.dataset.charts = "drawn";

for (const button of document.querySelectorAll("button[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      // Without the right to the clipboard the reader copies what is selected.
      window.getSelection().selectAllChildren(source);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
}
