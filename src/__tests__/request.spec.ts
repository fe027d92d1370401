import { nullTranslator } from '@jupyterlab/translation';

import { ClusterAPI } from '../api';
import { APIError, problemOf, sentenceOf } from '../request';
import { makeSettings } from './testing';

const trans = nullTranslator.load('casa_labext');

describe('ClusterAPI', () => {
  it('sends a size to the operation that it is for', async () => {
    const seen: [string, string, unknown][] = [];
    const fetch = async (input: RequestInfo) => {
      const request = input as Request;
      const { pathname } = new URL(request.url);
      seen.push([pathname, request.method, await request.json()]);
      return new Response('{}');
    };
    const api = new ClusterAPI(makeSettings(undefined, { fetch }));
    await api.resize('1', { workers: 3 });
    await api.resize('1', { minimum: 0, maximum: 3 });
    const base = '/user/a/casa-labext/api/clusters/1';
    expect(seen).toEqual([
      [`${base}/scale`, 'POST', { workers: 3 }],
      [`${base}/adapt`, 'POST', { minimum: 0, maximum: 3 }]
    ]);
  });
});

describe('a refused request', () => {
  const refuse = (response: Response) =>
    new ClusterAPI(makeSettings(() => response)).retry('1').catch(e => e);

  it('carries the field and the hint of the server', async () => {
    const problem = {
      message: 'Too many.',
      field: 'size.workers',
      hint: 'At most 4.'
    };
    const error = await refuse(
      new Response(JSON.stringify(problem), { status: 400 })
    );
    expect(error).toBeInstanceOf(APIError);
    expect(error.status).toBe(400);
    expect(problemOf(error, trans)).toEqual(problem);
    expect(sentenceOf(problem)).toBe('Too many. At most 4.');
  });

  it('has the status line for words if a proxy answered', async () => {
    const error = await refuse(
      new Response('<html>', { status: 502, statusText: 'Bad Gateway' })
    );
    expect(problemOf(error, trans).message).toBe('502 Bad Gateway');
  });

  it('says that the server does not answer', async () => {
    const settings = makeSettings(() => {
      throw new TypeError('Failed to fetch');
    });
    const error = await new ClusterAPI(settings).retry('1').catch(e => e);
    expect(problemOf(error, trans).message).toBe('The server does not answer.');
  });
});
