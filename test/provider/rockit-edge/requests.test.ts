import { expect, it } from 'vitest'
import {
  expireForms,
  importForms,
  subscriptionForms,
} from '../../../src/provider/rockit-edge/wire/requests.ts'

const url = new URL('https://x.example/b.tar?k=1')
const sent = (forms: readonly object[]) => forms.map((form) => JSON.parse(JSON.stringify(form)))

it.each([
  ['an import of an upload', importForms('a', undefined), [{ appName: 'a' }, { application: 'a' }]],
  [
    'an import of a download',
    importForms('a', { url, sizeBytes: undefined }),
    [
      { appName: 'a', url: url.href },
      { appName: 'a', url: { url: url.href } },
    ],
  ],
  [
    'an import of a download whose size is known',
    importForms('a', { url, sizeBytes: 7 }),
    [
      { appName: 'a', url: url.href, size: 7 },
      { appName: 'a', url: { url: url.href }, size: 7 },
    ],
  ],
  [
    'the end of an upload',
    expireForms('t'),
    [
      { taskName: 't', expire: true },
      { taskName: 't', status: 'expired' },
    ],
  ],
  [
    'a subscription',
    subscriptionForms('n', url.href),
    [
      { name: 'n', url: url.href },
      { name: 'n', webhookUrl: url.href },
    ],
  ],
])('%s is asked for in the best form, and in one other', (_name, forms, bodies) => {
  expect(sent(forms)).toEqual(bodies)
})
