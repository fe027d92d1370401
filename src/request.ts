import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { TranslationBundle } from '@jupyterlab/translation';

import type { components } from './generated';

/** Where the server extension's REST interface begins, below the base URL. */
export const API_PATH = 'casa-labext/api';

/** What is wrong, in words for the user; the `Error` of the contract. */
export type Problem = components['schemas']['Error'];

/** A request that the server refused. */
export class APIError extends Error {
  constructor(
    readonly problem: Problem,
    readonly status: number
  ) {
    super(problem.message);
  }
}

/** Call the server extension and return the JSON body of its answer. */
export async function requestAPI<T>(
  settings: ServerConnection.ISettings,
  path: string,
  method = 'GET',
  body?: unknown
): Promise<T> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
  }
  const url = URLExt.join(settings.baseUrl, API_PATH, path);
  const response = await ServerConnection.makeRequest(url, init, settings);
  if (!response.ok) {
    throw new APIError(await problemIn(response), response.status);
  }
  return response.json();
}

/** The words for whatever made a request fail. */
export function problemOf(error: unknown, trans: TranslationBundle): Problem {
  if (error instanceof APIError) {
    return error.problem;
  }
  if (error instanceof ServerConnection.NetworkError) {
    return { message: trans.__('The server does not answer.') };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}

/** A problem in one line. */
export function sentenceOf(problem: Problem): string {
  return [problem.message, problem.hint].filter(Boolean).join(' ');
}

/** A proxy in between may answer with something else than the contract's `Error`. */
async function problemIn(response: Response): Promise<Problem> {
  const body = await response.json().catch(() => null);
  return typeof body?.message === 'string'
    ? body
    : { message: `${response.status} ${response.statusText}`.trim() };
}
