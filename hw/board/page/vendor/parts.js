// What the page takes of the packages in package.json.
import "@wokwi/elements/dist/esm/led-element.js";
import "@wokwi/elements/dist/esm/pushbutton-element.js";
import "@wokwi/elements/dist/esm/resistor-element.js";
