import { element } from "../dom";
import { type Piece, visiblePieces } from "./visible";

/** Where the text of an event stands in the page, to mark what was found in it. */
export class TextMap {
  private readonly places: { readonly node: Text; readonly start: number; readonly end: number; readonly isSign: boolean }[] = [];

  /** Ranges of the page that show the units start..end of the text. */
  ranges(start: number, end: number): Range[] {
    return this.places.flatMap((place) => {
      if (place.end <= start || place.start >= end || !place.node.isConnected) {
        return [];
      }
      const range = document.createRange();
      const length = place.node.length;
      range.setStart(place.node, place.isSign ? 0 : Math.min(length, Math.max(0, start - place.start)));
      range.setEnd(place.node, place.isSign ? length : Math.min(length, end - place.start));
      return [range];
    });
  }

  /** Text nodes for a part of the text that begins at unit `offset`. */
  nodes(text: string, offset: number): Node[] {
    return visiblePieces(text, offset).map((piece) => this.node(piece));
  }

  private node({ start, end, shown, isSign }: Piece): Node {
    const node = document.createTextNode(shown);
    this.places.push({ node, start, end, isSign });
    return isSign ? element("span", { class: "sign" }, node) : node;
  }
}
