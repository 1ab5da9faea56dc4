import { type DragEvent, useState } from "react";
import { isFromOutside, isOurs } from "../files/drag.ts";

/** Whether something that can be taken is being dragged over an element, and what makes that element the place for it. */
export function useDropZone(drop: (data: DataTransfer) => Promise<void>) {
  const [isOver, setOver] = useState(false);
  const take = (event: DragEvent) => {
    if (!isOurs(event) && !isFromOutside(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    setOver(true);
  };
  const zone = {
    onDragEnter: take,
    onDragOver: take,
    onDragLeave: ({ currentTarget, relatedTarget }: DragEvent) => {
      // From one thing in it to another is not out of it.
      if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setOver(false);
    },
    onDrop: (event: DragEvent) => {
      setOver(false);
      if (!isOurs(event) && !isFromOutside(event)) return;
      event.preventDefault();
      void drop(event.dataTransfer);
    },
  };
  return { isOver, zone };
}
