import AxeBuilder from '@axe-core/playwright';
import { expect, type IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator, Page } from '@playwright/test';
import { readdirSync, readFileSync } from 'fs';
import { connect } from 'net';

export const PANEL = 'casa-labext-panel';
const API = '/casa-labext/api';

/** The panel, opened. */
export async function openPanel(
  page: IJupyterLabPageFixture
): Promise<Locator> {
  await page.sidebar.openTab(PANEL);
  return page.locator(`#${PANEL}`);
}

/** The card of the cluster with a name. */
export function card(panel: Locator, name: string): Locator {
  return panel.getByRole('listitem', { name, exact: true });
}

/** What the REST interface says of the cluster with a name. */
export async function cluster(
  page: IJupyterLabPageFixture,
  name: string
): Promise<any> {
  const clusters = await (await page.request.get(`${API}/clusters`)).json();
  return clusters.find((one: any) => one.name === name);
}

/** Start a cluster as a user does. */
export async function startCluster(
  page: Page,
  panel: Locator,
  name: string,
  workers: number,
  profile = 'This machine',
  look: (form: Locator) => Promise<void> = async () => {}
): Promise<Locator> {
  await panel.getByRole('button', { name: 'New cluster' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: new RegExp(`^${profile}`) }).check();
  await dialog.getByLabel('Name').fill(name);
  await dialog
    .getByRole('spinbutton', { name: 'Workers', exact: true })
    .fill(`${workers}`);
  await look(dialog);
  await dialog.getByRole('button', { name: 'Start' }).click();
  const started = card(panel, name);
  await expect(started).toBeVisible();
  return started;
}

/** The same, and wait for its workers. */
export async function newCluster(
  page: Page,
  panel: Locator,
  name: string,
  workers: number
): Promise<Locator> {
  const started = await startCluster(page, panel, name, workers);
  await expectWorkers(started, workers);
  return started;
}

/** Wait until a card says that so many workers run. */
export async function expectWorkers(
  of: Locator,
  workers: number
): Promise<void> {
  await expect(of.locator('.casa-WorkerBar-words')).toHaveText(
    new RegExp(`^${workers} of ${workers} running`),
    { timeout: 60_000 }
  );
}

/** Nothing serious for those who use a screen reader, or see little. */
export async function expectAccessible(
  page: IJupyterLabPageFixture,
  ...places: string[]
): Promise<void> {
  for (const place of places) {
    const { violations } = await new AxeBuilder({ page })
      .include(place)
      .exclude('jp-button') // JupyterLab's own
      .analyze();
    const serious = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(n => n.html).join(' ')}`);
    expect(serious, place).toEqual([]);
  }
}

/** Drag something onto something else, with the mouse. */
export async function drag(
  page: Page,
  what: Locator,
  onto: Locator
): Promise<void> {
  const from = (await what.boundingBox())!;
  const to = (await onto.boundingBox())!;
  await page.mouse.move(from.x + 8, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(from.x + 60, from.y + 40, { steps: 5 });
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, {
    steps: 15
  });
  await page.mouse.up();
}

/** The processes that belong to a cluster. */
export function processes(id: string): string[] {
  return readdirSync('/proc').filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(
        `CASA_LABEXT_CLUSTER=${id}`
      );
    } catch {
      return false;
    }
  });
}

/** Whether something listens at an address (`tls://host:port`). */
export function listens(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address.replace(/^\w+:/, 'http:'));
  return new Promise(resolve => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Shut all clusters down: the server lives on for the next test. */
export async function closeAll(page: IJupyterLabPageFixture): Promise<void> {
  const list = async () =>
    (await page.request.get(`${API}/clusters`)).json() as Promise<any[]>;
  await expect
    .poll(
      async () => {
        const clusters = await list();
        for (const { id } of clusters) {
          await page.request.delete(`${API}/clusters/${id}`);
        }
        return clusters.length;
      },
      { timeout: 60_000 }
    )
    .toBe(0);
}
