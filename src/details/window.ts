import * as React from 'react';

/** Rows beyond the edges, so that scrolling does not show gaps. */
const MARGIN = 8;

/** The height where there is no layout yet, in pixels. */
const USUAL_HEIGHT = 600;

/** Which rows of a fixed height a scrolled element shows: from the first to before the last. */
export function useWindow(
  element: React.RefObject<HTMLElement>,
  rowHeight: number,
  count: number
): [number, number] {
  const [top, setTop] = React.useState(0);
  const [visible, setVisible] = React.useState(
    Math.ceil(USUAL_HEIGHT / rowHeight)
  );
  React.useLayoutEffect(() => {
    const node = element.current!;
    const look = () => {
      // Whole rows: most scroll events change nothing.
      setTop(Math.floor(node.scrollTop / rowHeight));
      setVisible(Math.ceil((node.clientHeight || USUAL_HEIGHT) / rowHeight));
    };
    const observer = new ResizeObserver(look);
    observer.observe(node);
    node.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      node.removeEventListener('scroll', look);
    };
  }, [element, rowHeight]);
  const first = Math.max(0, Math.min(top, count - visible) - MARGIN);
  return [first, Math.min(count, first + visible + 2 * MARGIN)];
}
