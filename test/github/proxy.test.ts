import { createServer, request as forward, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type GitHubEmulator, startGitHub } from '../emulator/github/emulator.ts'
import { impatientClock } from './impatient-clock.ts'
import { deploying, openReporter, removeEventFiles, SHA, viewOf } from './stage.ts'

let github: GitHubEmulator
let proxy: Server
let asked: string[]

beforeEach(async () => {
  github = await startGitHub({ root: '/api/v3' })
  github.state.pulls.push({ number: 12, state: 'open', branch: 'feature', sha: SHA })
  asked = []
  const { port } = new URL(github.url)
  // Takes every host for the emulated GitHub, as far as plain HTTP goes.
  proxy = createServer((incoming, response) => {
    const { host, pathname, search } = new URL(incoming.url ?? '')
    asked.push(host)
    const { method, headers } = incoming
    const onward = { port, host: '127.0.0.1', path: pathname + search, method, headers }
    incoming.pipe(
      forward(onward, (reply) => {
        response.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.pipe(response)
      }),
    )
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  removeEventFiles()
  proxy.closeAllConnections()
  proxy.close()
  await github.close()
})

test('named by http_proxy is used for every request, and no_proxy goes past it', async () => {
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const server = { GITHUB_API_URL: 'http://git.example.test/api/v3', http_proxy: proxyUrl }
  const through = openReporter(
    github,
    { environment: 'staging', comment: true },
    { environment: server },
  )
  through.reporter.started(deploying())
  through.reporter.finished(viewOf())
  await through.reporter.close(5_000)
  expect(through.warnings).toEqual([])
  expect(github.state.deployments).toHaveLength(1)
  expect(github.state.comments).toHaveLength(1)
  expect(asked).toHaveLength(github.requests.length)

  const past = openReporter(
    github,
    { environment: 'staging' },
    { environment: { ...server, no_proxy: '.example.test' }, clock: impatientClock() },
  )
  past.reporter.finished(viewOf())
  await past.reporter.close(3_000)
  // The host does not exist, and nobody but the proxy knows better.
  expect(past.warnings.join()).toContain('no connection to git.example.test')
  expect(asked).toHaveLength(github.requests.length)
})
