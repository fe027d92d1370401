import { InputDialog, MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { IFrame } from '@jupyterlab/ui-components';

import { dashboardIcon } from '../icons';

/**
 * Open a dashboard that belongs to no cluster here, by its address, which is asked for if it is not given. The browser alone asks for it.
 * `show` adds a tab.
 */
export async function openForeign(
  address: string | undefined,
  show: (id: string, make: () => MainAreaWidget) => void,
  trans: TranslationBundle
): Promise<void> {
  const text =
    address ??
    (
      await InputDialog.getText({
        title: trans.__('Open a dashboard by its address'),
        label: trans.__('Address'),
        okLabel: trans.__('Open')
      })
    ).value;
  if (!text) {
    return;
  }
  const url = addressIn(text, trans);
  if (canFrame(url, location)) {
    show(`casa-labext-foreign-${url.href}`, () => createFrame(url));
  } else {
    window.open(url.href, '_blank', 'noopener');
  }
}

/** An Error says what is wrong with an address. */
export function addressIn(text: string, trans: TranslationBundle): URL {
  if (!/^https?:\/\/[^/]/i.test(text)) {
    throw new Error(
      trans.__('"%1" is no address that begins with http:// or https://.', text)
    );
  }
  return new URL(text);
}

/** Whether a frame may show it: not with the origin of this page, whose rights it would have, nor unencrypted in an encrypted page. */
export function canFrame(url: URL, page: URL | Location): boolean {
  return (
    url.origin !== page.origin &&
    (url.protocol === 'https:' || page.protocol === 'http:')
  );
}

function createFrame(url: URL): MainAreaWidget {
  // Its own origin, which is not this page's.
  const content = new IFrame({
    sandbox: ['allow-scripts', 'allow-same-origin']
  });
  content.url = url.href;
  content.title.label = url.host;
  content.title.caption = url.href;
  content.title.icon = dashboardIcon;
  content.title.closable = true;
  return new MainAreaWidget({ content });
}
