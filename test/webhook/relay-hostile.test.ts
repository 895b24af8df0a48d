import { createServer, type ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort, listen, shut, trackSockets } from '../emulator/tunnel/loopback-server.ts'
import { openRelay } from './relay-rig.ts'

describe('a relay that does not come up', () => {
  const expectFailure = async (url: string, sentence: string) => {
    const opened = await openRelay(url, { opensWithinMs: 500 })
    const startMs = performance.now()
    await opened.settled()
    expect(opened.channel.error).toContain(sentence)
    expect(opened.channel.tunnel).toBe('none')
    expect(performance.now() - startMs).toBeLessThan(20_000)
    expect(opened.log()).toContain('::warning::No webhook (relay)')
  }

  test('nobody listens', async () => {
    await expectFailure(`http://127.0.0.1:${await freePort()}`, 'ECONNREFUSED')
  })

  test('a server that is no relay', async () => {
    const url = await serve((response) => response.end('<html>'))
    await expectFailure(url, 'relay-url must be the address of a smee or gosmee server')
  })

  test('a server that refuses is not asked again', async () => {
    let asked = 0
    const url = await serve((response) => {
      asked += 1
      response.writeHead(403).end()
    })
    await expectFailure(url, 'refuses us (status 403)')
    // Both dialects' paths.
    expect(asked).toBe(2)
  })

  test('a redirect is not followed', async () => {
    const url = await serve((response) =>
      response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
    )
    await expectFailure(url, 'answers with status 307')
  })

  test('a server that hangs', async () => {
    const url = await serve(() => {})
    await expectFailure(url, 'no answer within')
  })

  test('an endless answer that is no stream is not read', async () => {
    const url = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      const timer = setInterval(() => response.write('x'.repeat(65_536)), 1)
      response.once('close', () => clearInterval(timer))
    })
    await expectFailure(url, 'answers with status 200')
  })
})

test('a hostile stream notifications at most; what makes no sense is left out', async () => {
  const big = 'y'.repeat(400_000)
  const junk = [
    'data: not json\n\n',
    'data: []\n\n',
    'data: null\n\n',
    'data: {"body": "text", "bodyB": 5}\n\n',
    'data: {"bodyB": "§§§"}\n\n',
    'event: x\nid: 7\nretry: 1\n\n',
    ':comment\n\n\n\n',
    'data: {"body": {"ping": "a stranger"}}\n\n',
    `data: {"body": {"big": "${big}${big}${big}"}}\n\n`,
    `${'data:\n'.repeat(1_100_000)}\n`,
    `${'z'.repeat(3_000_000)}\n\n`,
    'data: {"__proto__": {"polluted": "1"}, "body": {"n": 1}, "X-Upper": "kept"}\r\n\r\n',
  ]
  const url = await serve((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(junk.join(''))
  })
  const opened = await openRelay(url)
  await opened.until(() => opened.deliveries.length > 0, 'the one that makes sense')
  expect(opened.deliveries[0]?.body.toString()).toBe('{"n":1}')
  expect(opened.deliveries[0]?.headers['x-upper']).toBe('kept')
  expect({}).not.toHaveProperty('polluted')
  // The ping never came back: nothing that the stream says makes it verified.
  expect(opened.channel.isVerified).toBe(false)
})

async function serve(reply: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    if (request.method === 'POST') response.writeHead(200).end()
    else reply(response)
  })
  const sockets = trackSockets(server)
  onTestFinished(() => shut(server, sockets))
  return `http://127.0.0.1:${await listen(server)}`
}
