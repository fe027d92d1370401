import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';
import type * as React from 'react';

/** The MIME type of notebook cells in a drag. */
const CELLS_MIME = 'application/vnd.jupyter.cells';

/** How far the pointer moves before a press becomes a drag, in pixels. */
const THRESHOLD = 5;

/** What keeps its own meaning of a press: a click, an edit, a selection. */
const NOT_HANDLES = 'button, jp-button, input, a, .casa-mod-selectable';

/** Turn a press on a card into a drag of code, once the pointer moves. */
export function dragCode(event: React.PointerEvent, code: string): void {
  if (event.button !== 0 || (event.target as Element).closest(NOT_HANDLES)) {
    return;
  }
  const { clientX, clientY } = event;
  const watch = new AbortController();
  const { signal } = watch;
  document.addEventListener(
    'pointermove',
    move => {
      const x = Math.abs(move.clientX - clientX);
      const y = Math.abs(move.clientY - clientY);
      if (Math.max(x, y) > THRESHOLD) {
        watch.abort();
        startDrag(code, move.clientX, move.clientY);
      }
    },
    { signal }
  );
  document.addEventListener('pointerup', () => watch.abort(), { signal });
  document.addEventListener('pointercancel', () => watch.abort(), { signal });
}

/** A notebook takes a cell, an editor takes text. */
function startDrag(code: string, clientX: number, clientY: number): void {
  const mimeData = new MimeData();
  mimeData.setData('text/plain', code);
  mimeData.setData(CELLS_MIME, [
    {
      cell_type: 'code',
      source: code,
      metadata: {},
      outputs: [],
      execution_count: null
    }
  ]);
  const dragImage = document.createElement('pre');
  dragImage.className = 'casa-DragImage';
  dragImage.textContent = code;
  const drag = new Drag({
    mimeData,
    dragImage,
    supportedActions: 'copy',
    proposedAction: 'copy'
  });
  void drag.start(clientX, clientY).then(() => drag.dispose());
}
