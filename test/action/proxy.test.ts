import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { deploy, type Edgegap, onlyError, startEdgegap } from './deploy.ts'

/** A name that no resolver knows: only the proxy leads there. */
const HOST = 'api.edgegap.test'

// Made for this test and good for nothing else: CN api.edgegap.test, self-signed, valid for a century.
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPoGytyrnB5YHkLT/
eSB/tex0SCnim/28f3VgN5JY7pyhRANCAASVGhGZkjMpeptV4fXNg7s1MipzyowE
tOTaHnBq37/WCp72L+8pyDzAxU4JG3y61TFLJx8UKpD6vIPA3QspqnDR
-----END PRIVATE KEY-----`
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBqjCCAVCgAwIBAgIUD6dqh3N4tcHb9/bAtzDf46ZsRf0wCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQYXBpLmVkZ2VnYXAudGVzdDAgFw0yNjExMjIwODU1MzZaGA8y
MTI2MTAyOTA4NTUzNlowGzEZMBcGA1UEAwwQYXBpLmVkZ2VnYXAudGVzdDBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABJUaEZmSMyl6m1Xh9c2DuzUyKnPKjAS05Noe
cGrfv9YKnvYv7ynIPMDFTgkbfLrVMUsnHxQqkPq8g8DdCymqcNGjcDBuMB0GA1Ud
DgQWBBQixbpAfNxhT8zpm7we6fwKdg5NsjAfBgNVHSMEGDAWgBQixbpAfNxhT8zp
m7we6fwKdg5NsjAPBgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEGFwaS5lZGdl
Z2FwLnRlc3QwCgYIKoZIzj0EAwIDSAAwRQIgbGtuGn5VgHWYGUGqWo1qt5jqhkXw
NEIlYaRc/6F43zYCIQDq4gzvFdIeujsW+uL2GZR27Kz0KLFoOGgqiXBLPzragw==
-----END CERTIFICATE-----`

interface Detour extends AsyncDisposable {
  readonly proxyUrl: string
  /** The host that each CONNECT named. */
  readonly connects: string[]
  /** A file with the certificate, for NODE_EXTRA_CA_CERTS. */
  readonly caFile: string
}

/** The emulator behind TLS, reachable only through a proxy, which asks for this password if told. */
async function startDetour(edgegap: Edgegap, password?: string): Promise<Detour> {
  const connects: string[] = []
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    // Either end may go at any time.
    socket.on('error', () => socket.destroy())
  }
  const tls = createTlsServer({ key: KEY, cert: CERTIFICATE }, (socket) => {
    keep(socket)
    const inner = connect(Number(new URL(edgegap.url).port), '127.0.0.1')
    keep(inner)
    socket.pipe(inner).pipe(socket)
  })
  const proxy = createServer()
  proxy.on('connect', ({ url = '', headers }, socket: Socket) => {
    keep(socket)
    connects.push(url)
    const wanted = password && `Basic ${Buffer.from(`user:${password}`).toString('base64')}`
    if (wanted && headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      return
    }
    const inner = connect(portOf(tls), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      socket.pipe(inner).pipe(socket)
    })
    keep(inner)
  })
  await Promise.all([tls, proxy].map(listen))
  const folder = mkdtempSync(join(tmpdir(), 'proxy-'))
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, CERTIFICATE)
  const user = password === undefined ? '' : `user:${password}@`
  return {
    proxyUrl: `http://${user}127.0.0.1:${portOf(proxy)}`,
    connects,
    caFile,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      tls.close()
      proxy.close()
      rmSync(folder, { recursive: true })
    },
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

describe.concurrent('a proxy', () => {
  test.each(['https_proxy', 'HTTPS_PROXY', 'http_proxy'])('named by %s is used', async (name) => {
    await using edgegap = await startEdgegap()
    await using detour = await startDetour(edgegap)
    const { main } = await deploy(
      edgegap,
      { 'api-url': `https://${HOST}` },
      { env: { [name]: detour.proxyUrl, NODE_EXTRA_CA_CERTS: detour.caFile } },
    )
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(new Set(detour.connects)).toEqual(new Set([`${HOST}:443`]))
  })

  test('without a scheme is one that speaks HTTP', async () => {
    await using edgegap = await startEdgegap()
    await using detour = await startDetour(edgegap, 'pr0xy-passw0rd')
    const https_proxy = detour.proxyUrl.replace('http://', '')
    const { main } = await deploy(
      edgegap,
      { 'api-url': `https://${HOST}` },
      { env: { https_proxy, NODE_EXTRA_CA_CERTS: detour.caFile } },
    )
    expect(main.outputs.outcome).toBe('succeeded')
    expect(new Set(detour.connects)).toEqual(new Set([`${HOST}:443`]))
  })

  test('is given its password, which is shown nowhere', async () => {
    await using edgegap = await startEdgegap()
    const password = 'pr0xy-passw0rd'
    await using detour = await startDetour(edgegap, password)
    const { main } = await deploy(
      edgegap,
      { 'api-url': `https://${HOST}` },
      {
        env: { https_proxy: detour.proxyUrl, NODE_EXTRA_CA_CERTS: detour.caFile },
        secrets: [password],
      },
    )
    expect(main.exitCode).toBe(0)
  })

  test('that refuses is told, and its password is not', async () => {
    await using edgegap = await startEdgegap()
    const password = 'pr0xy-passw0rd'
    await using detour = await startDetour(edgegap, 'another')
    const proxyUrl = detour.proxyUrl.replace('another', password)
    const { main } = await deploy(
      edgegap,
      { 'api-url': `https://${HOST}` },
      { env: { https_proxy: proxyUrl }, secrets: [password] },
    )
    expect(main.exitCode).toBe(1)
    onlyError(main)
    expect(edgegap.requests).toEqual([])
  })

  test('with a certificate that nobody vouches for is refused', async () => {
    await using edgegap = await startEdgegap()
    await using detour = await startDetour(edgegap)
    const { main } = await deploy(
      edgegap,
      { 'api-url': `https://${HOST}` },
      { env: { https_proxy: detour.proxyUrl } },
    )
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'rejected' } })
    expect(onlyError(main)).toMatch(/not trusted \(.*SELF_SIGNED.*NODE_EXTRA_CA_CERTS/)
    expect(onlyError(main)).not.toContain('https_proxy')
    expect(main.rawStdout).not.toContain('retrying')
    expect(edgegap.requests).toEqual([])
  })

  test.each([HOST, '.test', 'other.example, *'])(
    'is passed by for no_proxy: %s',
    async (noProxy) => {
      await using edgegap = await startEdgegap()
      await using detour = await startDetour(edgegap)
      const { main } = await deploy(
        edgegap,
        { 'api-url': `https://${HOST}` },
        { env: { https_proxy: detour.proxyUrl, no_proxy: noProxy } },
      )
      // No resolver knows the name.
      expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'rejected' } })
      expect(detour.connects).toEqual([])
    },
  )

  test('is never asked for what is on this machine', async () => {
    await using edgegap = await startEdgegap()
    await using detour = await startDetour(edgegap)
    const env = { http_proxy: detour.proxyUrl, https_proxy: detour.proxyUrl }
    for (const host of ['127.0.0.1', 'localhost']) {
      const url = edgegap.url.replace('127.0.0.1', host)
      const { main } = await deploy(edgegap, { 'api-url': url }, { env })
      expect(main.exitCode).toBe(0)
    }
    expect(detour.connects).toEqual([])
  })
})
