import { afterEach, beforeEach } from 'vitest'
import { callEdgegap } from './call.ts'
import { type EdgegapEmulator, startEdgegapEmulator } from './emulator.ts'
import { ready } from './script.ts'

export const app = '/v1/app/my-game'
export const fresh = {
  name: 'v2',
  docker_repository: 'registry.edgegap.com',
  docker_image: 'my-org/my-game',
  docker_tag: '2.0',
  req_cpu: 512,
  req_memory: 1024,
}

/** Before each test a fresh emulator with two applications, and calls of its API. */
export function useCatalogue() {
  let edgegap: EdgegapEmulator
  beforeEach(async () => {
    edgegap = await startEdgegapEmulator({
      catalogue: { 'my-game': { prod: {} }, 'other-game': ['v1'] },
      script: ready(0),
    })
  })
  afterEach(() => edgegap.close())
  const call = (method: string, path: string, body?: unknown) =>
    callEdgegap(edgegap, method, path, body)
  return {
    get edgegap() {
      return edgegap
    },
    call,
    create: (more = {}) => call('POST', `${app}/version`, { ...fresh, ...more }),
    patch: (body: unknown, name = 'prod') => call('PATCH', `${app}/version/${name}`, body),
    get: (name = 'prod') => call('GET', `${app}/version/${name}`),
  }
}
