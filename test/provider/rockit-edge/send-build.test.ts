import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { whenAborted } from '../../../src/base/clock.ts'
import { ActionError } from '../../../src/base/errors.ts'
import type { BuildFiles } from '../../../src/provider/rockit-edge/build-files.ts'
import { type SendScene, sendBuild } from '../../../src/provider/rockit-edge/send-build.ts'
import type { UploadFault } from '../../emulator/rockit-edge/upload-fault.ts'
import { HurriedClock, newCall, openEdge, openStorage } from './instance.ts'

const BYTES = 300_000
const BIG_BYTES = 64 * 1024 * 1024

function filesOf(sizeBytes: number, fault?: Error): BuildFiles {
  return {
    sizeBytes,
    summary: '1 file',
    async *open() {
      for (let left = sizeBytes; left > 0; left -= 65_536) {
        yield Buffer.alloc(Math.min(left, 65_536))
        if (fault) throw fault
      }
    },
  }
}

/** Hurried in everything but the wait for an answer when all was sent. */
function patientClock(): HurriedClock {
  const clock = new HurriedClock()
  const hurried = clock.sleep.bind(clock)
  const sleep = (durationMs: number, signal?: AbortSignal) =>
    durationMs === 10_000 && signal ? whenAborted(signal) : hurried(durationMs)
  return Object.assign(clock, { sleep })
}

type Check = Awaited<ReturnType<SendScene['check']>>

/** Sends a build to a host with this fault, whose checks say this, the last one again and again. */
async function send(
  fault: UploadFault | undefined,
  checks: readonly Check[] = ['open'],
  more: Partial<SendScene> & { clock?: HurriedClock } = {},
) {
  const storage = await openStorage()
  if (fault) storage.faults.order(fault)
  const { context, lines } = openEdge()
  const clock = more.clock ?? patientClock()
  let count = 0
  const result = await sendBuild({
    context: { ...context, clock },
    files: filesOf(BYTES),
    url: new URL(storage.newUrl()),
    headers: {},
    call: newCall(),
    check: async () => checks[Math.min(count++, checks.length - 1)] ?? 'open',
    beforeEnd: async () => {},
    ...more,
  })
  return { result, storage, lines, clock, checked: () => count }
}

describe('a build', () => {
  it('is sent once, and both ends of that are logged', async () => {
    const { result, storage, lines, clock } = await send(undefined, ['unknown'])
    expect(result).toEqual({ kind: 'stored' })
    expect(storage.uploads).toMatchObject([{ bytes: BYTES, declaredBytes: BYTES }])
    expect(lines[0]).toMatch(/^Uploading 1 file, 293 KiB as a tar, to 127\.0\.0\.1:\d+\.$/)
    expect(lines.at(-1)).toMatch(/^Uploaded 293 KiB in /)
    expect(clock.pausesMs).toEqual([])
  })

  it('has its end held back until what has to be known before is known', async () => {
    let isKnown = false
    let givenBytes = 0
    const { sizeBytes, summary, open } = filesOf(BYTES)
    async function* watched() {
      for await (const chunk of open()) {
        givenBytes += chunk.length
        yield chunk
        if (givenBytes === sizeBytes) expect(isKnown).toBe(true)
      }
    }
    const { result } = await send(undefined, ['open'], {
      files: { sizeBytes, summary, open: watched },
      beforeEnd: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        isKnown = true
      },
    })
    expect([result.kind, isKnown]).toEqual(['stored', true])
  })

  it('shows how far it has come', async () => {
    const clock = new HurriedClock()
    let nowMs = 0
    clock.nowMs = () => (nowMs += 6_000)
    const { lines } = await send(undefined, ['unknown'], { clock })
    expect(lines.join('\n')).toMatch(/^Uploading: \d+ % of 293 KiB/m)
  })

  it('that cannot be read to its end fails with the reason, and nothing is sent again', async () => {
    const error = new ActionError({ kind: 'unusable-input', what: 'it changed' })
    const { result, storage, lines } = await send(undefined, ['stored'], {
      files: filesOf(BYTES, error),
    })
    expect(result).toEqual({ kind: 'failed', error })
    expect(storage.uploads.length).toBeLessThanOrEqual(1)
    expect(lines.join()).not.toMatch(/Uploaded/)
  })
})

describe('an answer that', () => {
  const whole = (status: number, headers = {}): UploadFault => ({
    ...{ kind: 'status', status, atBytes: BYTES, times: 1, headers },
  })

  it.each([
    [500, 1_000],
    [503, 1_000],
    [408, 1_000],
    [425, 1_000],
    [429, 1_000],
  ])(
    'is %i leads to another PUT after a second, while nothing was stored',
    async (status, pauseMs) => {
      const { result, storage, clock, lines } = await send(whole(status))
      expect(result).toEqual({ kind: 'stored' })
      expect(storage.uploads).toHaveLength(2)
      expect(clock.pausesMs).toEqual([0, 1_000, 2_000, 4_000, pauseMs])
      expect(lines.join('\n')).toMatch(/answered the upload with HTTP \d+\. Uploading it again\./)
    },
  )

  it('asks for a pause is obeyed', async () => {
    const { clock } = await send(whole(503, { 'retry-after': '7' }))
    expect(clock.pausesMs).toEqual([0, 1_000, 2_000, 4_000, 7_000])
  })

  it.each([401, 403, 404, 410])('is %i shows that the URL is not valid', async (status) => {
    expect((await send(whole(status))).result).toMatchObject({
      kind: 'expired',
      error: { kind: 'refused' },
    })
  })

  it.each([300, 302, 400, 413, 499])('is %i is a refusal', async (status) => {
    const { result, storage, lines } = await send(whole(status))
    expect(result).toMatchObject({
      kind: 'failed',
      error: {
        kind: 'refused',
        message: `The storage host answered the upload with HTTP ${status}.`,
      },
    })
    expect(storage.uploads).toHaveLength(1)
    expect(lines.join()).not.toMatch(/Uploaded/)
  })

  it.each([403, 409])('is %i is none where the build has arrived all the same', async (status) => {
    const { result, storage } = await send(whole(status), ['stored'])
    expect(result).toEqual({ kind: 'stored' })
    expect(storage.uploads).toHaveLength(1)
  })

  it('is a refusal of what was not all sent is none, whatever tasks show', async () => {
    const { result } = await send({ kind: 'status', status: 403 }, ['stored'], {
      files: filesOf(BIG_BYTES),
    })
    expect(result).toMatchObject({ kind: 'expired' })
  })

  it('is good but came before all was sent is not believed', async () => {
    const early: UploadFault = { kind: 'status', status: 200 }
    const { result } = await send(early, ['open'], { files: filesOf(BIG_BYTES) })
    expect(result).toMatchObject({
      kind: 'failed',
      error: { message: expect.stringMatching(/HTTP 200 before it had all of it/) },
    })
  })

  it('is 413 says how a build of any size gets there', async () => {
    const { result } = await send(whole(413))
    expect(result).toMatchObject({ error: { next: expect.stringMatching(/by build-url/) } })
  })

  it.each<[Check, number]>([
    ['stored', 1],
    ['unknown', 1],
    ['open', 4],
  ])('is a fault each time counts by the tasks: %s', async (check, uploads) => {
    const { result, storage, lines } = await send({ kind: 'status', status: 500, atBytes: BYTES }, [
      check,
    ])
    expect(storage.uploads).toHaveLength(uploads)
    expect(result).toMatchObject(
      check === 'open' ? { kind: 'failed', error: { kind: 'server-fault' } } : { kind: 'stored' },
    )
    expect(lines.some((line) => line.includes('counts as arrived'))).toBe(check === 'unknown')
  })
})

describe('a connection that', () => {
  it('breaks leads to three more PUTs, after longer and longer pauses', async () => {
    const { result, storage, clock } = await send({ kind: 'reset', atBytes: 1_000 }, ['stored'], {
      files: filesOf(BIG_BYTES),
    })
    expect(result).toMatchObject({ kind: 'failed', error: { kind: 'connection-lost' } })
    expect(storage.uploads).toHaveLength(4)
    expect(clock.pausesMs).toEqual([1_000, 2_000, 4_000])
  })

  it('makes no progress for a minute is given up, and another one is made', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    let isOver = false
    const sending = send({ kind: 'stall', atBytes: 1_000 }, ['stored'], {
      files: filesOf(BIG_BYTES),
    }).finally(() => {
      isOver = true
    })
    while (!isOver) {
      vi.advanceTimersByTime(5_000)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const { result, clock } = await sending
    expect(result).toMatchObject({
      kind: 'failed',
      error: {
        kind: 'connection-lost',
        message: expect.stringMatching(/^The upload made no progress for 60 s, after \d/),
      },
    })
    expect(clock.pausesMs).toEqual([1_000, 2_000, 4_000])
  })

  it('does not come up is named as that', async () => {
    const url = new URL('http://127.0.0.1:1/x')
    expect((await send(undefined, ['open'], { url })).result).toMatchObject({
      kind: 'failed',
      error: {
        kind: 'unreachable',
        message: expect.stringMatching(/^The upload broke off after 0 bytes/),
      },
    })
  })

  it('breaks after everything was sent is checked for what arrived, which may show late', async () => {
    const lost: UploadFault = { kind: 'reset', atBytes: BYTES }
    const { result, storage } = await send(lost, ['open', 'open', 'open', 'stored'])
    expect(result).toEqual({ kind: 'stored' })
    expect(storage.uploads).toHaveLength(1)
  })

  it('breaks after everything was sent is checked no more once the build has arrived', async () => {
    const lost: UploadFault = { kind: 'reset', atBytes: BYTES }
    const { result, clock, checked } = await send(lost, ['open', 'stored', 'open'])
    expect(result).toEqual({ kind: 'stored' })
    expect(clock.pausesMs).toEqual([0, 1_000])
    expect(checked()).toBe(2)
  })

  it('is silent when everything was sent is given up once the build is seen to have arrived', async () => {
    const { result, checked } = await send({ kind: 'hang' }, ['open', 'unknown', 'stored'], {
      clock: new HurriedClock(),
    })
    expect(result).toEqual({ kind: 'stored' })
    const count = checked()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([count, checked()]).toEqual([3, 3])
  })

  it('has ended is watched no longer', async () => {
    const { checked } = await send(undefined, ['open'], { clock: new HurriedClock() })
    const count = checked()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(checked()).toBe(count)
  })
})

describe('a run that is cancelled', () => {
  it('while it sends ends that', async () => {
    const over = new AbortController()
    setTimeout(() => over.abort(), 50)
    const { result, checked } = await send({ kind: 'stall', atBytes: 1 }, ['stored'], {
      call: newCall(over.signal),
      files: filesOf(BIG_BYTES),
      clock: new HurriedClock(),
    })
    expect(result).toEqual({ kind: 'cancelled' })
    // Before all of it is sent, nothing can have arrived.
    expect(checked()).toBe(0)
  })

  it('between two PUTs sends no other one', async () => {
    const over = new AbortController()
    const clock = new HurriedClock()
    clock.sleep = async () => over.abort()
    const { result, storage } = await send({ kind: 'reset', atBytes: 1_000 }, ['open'], {
      call: newCall(over.signal),
      files: filesOf(BIG_BYTES),
      clock,
    })
    expect(result).toEqual({ kind: 'cancelled' })
    expect(storage.uploads).toHaveLength(1)
  })

  it('when the build is seen to have arrived has sent it', async () => {
    const over = new AbortController()
    const check = async () => {
      over.abort()
      return 'stored' as const
    }
    const { result } = await send({ kind: 'hang' }, [], {
      call: newCall(over.signal),
      clock: new HurriedClock(),
      check,
    })
    expect(result).toEqual({ kind: 'stored' })
  })
})
