import { expect, test } from '@playwright/test';
import { ChildProcess, spawn } from 'child_process';
import { once } from 'events';
import { join } from 'path';

import { PANEL } from './helpers';

/** A JupyterHub of its own: the server of the other tests is none. */
let hub: ChildProcess;
let url: string;
let password: string;

test.beforeAll(async () => {
  const cwd = join(__dirname, '..', '..', 'tests');
  hub = spawn('python', ['-m', 'systems.hub'], { cwd });
  let errors = '';
  hub.stderr!.on('data', data => (errors += data));
  const first = await Promise.race([
    once(hub.stdout!, 'data'),
    once(hub, 'exit').then(() => null)
  ]);
  if (first === null) {
    test.skip(process.env.CASA_LABEXT_SYSTEMS !== 'required', errors);
    throw new Error(errors);
  }
  ({ url, password } = JSON.parse(String(first[0])));
});

test.afterAll(async () => {
  if (hub.exitCode === null) {
    hub.stdin!.end();
    await once(hub, 'exit');
  }
});

test('a dashboard through the Hub', async ({ page }) => {
  await page.goto(`${url}hub/login`);
  await page.getByLabel('Username').fill('a.b@cern.ch');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  const tab = page.locator(`[data-id="${PANEL}"]`);
  await expect(tab).toBeVisible({ timeout: 90_000 });
  await tab.click();
  const panel = page.locator(`#${PANEL}`);
  await panel.getByRole('button', { name: 'New cluster' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Physics');
  await dialog.getByRole('button', { name: 'Start' }).click();
  const card = panel.getByRole('listitem', { name: 'Physics' });
  await expect(card.locator('.casa-WorkerBar-words')).toHaveText(
    /^2 of 2 running/,
    { timeout: 60_000 }
  );
  await card.getByRole('button', { name: 'Dashboard' }).click();
  const frame = page.locator(`iframe[src*="/proxy/"]`);
  await expect(frame).toHaveAttribute(
    'src',
    /\/facility\/user\/a\.b(@|%40)cern\.ch\/proxy\/\d+\/status/
  );
  await expect(frame.contentFrame().locator('canvas').first()).toBeVisible({
    timeout: 60_000
  });
  await page.screenshot({ path: 'shots/hub.png' });
  await card.getByRole('button', { name: 'Shut down' }).click();
  await expect(card).toHaveCount(0, { timeout: 30_000 });
});
