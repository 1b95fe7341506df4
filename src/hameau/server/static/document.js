// Leads the keyboard and the screen reader to the quote, as the eye is led there by the browser.
const quote = document.getElementById("quote");
if (quote && location.hash === "#quote") {
  quote.scrollIntoView({ block: "center" });
  quote.focus({ preventScroll: true });
}
