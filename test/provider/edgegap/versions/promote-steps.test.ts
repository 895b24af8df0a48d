import { describe, expect, it } from 'vitest'
import { ActionError } from '../../../../src/base/errors.ts'
import type { PlannedPromotion } from '../../../../src/provider/edgegap/versions/plan.ts'
import {
  type PromotionNews,
  promoteVersions,
} from '../../../../src/provider/edgegap/versions/promote.ts'
import { image } from './rig.ts'
import {
  type Answer,
  type Behaviour,
  callWithin,
  imageOf,
  isWrite,
  losing,
  type Sent,
  type Shelf,
  shelfOf,
  versionJson,
} from './scripted.ts'

const lost = new ActionError({
  kind: 'connection-lost',
  what: 'It broke.',
  request: 'X',
  next: 'N',
})
const planned = (version: string): PlannedPromotion => {
  return { version, from: imageOf('old'), to: imageOf('new'), notCarriedOver: [] }
}

interface Scene extends Behaviour {
  names?: readonly string[]
  news?: PromotionNews
  login?: { username: string; password: string }
}

/** Moves versions from `old` to `new` at an Edgegap that behaves as the scene says. */
async function promote({ names = ['prod'], intercept, deadlineMs, signal, news, login }: Scene) {
  const versions = Object.fromEntries(
    ['prod', 'beta', 'demo'].map((one) => [one, versionJson('old')]),
  )
  const api = shelfOf(versions, intercept)
  const call = callWithin(deadlineMs ?? 180_000, signal)
  const result = await promoteVersions(api, names.map(planned), login, call, news)
  const tagOf = (name: string) => api.shelf.get(name)?.docker_tag
  return { ...result, api, tagOf }
}

/** Answers otherwise once something was written. */
function afterWrite(answer: (request: Sent, shelf: Shelf) => Answer | undefined) {
  let isWritten = false
  return (request: Sent, shelf: Shelf): Answer | undefined => {
    if (isWritten) return answer(request, shelf)
    isWritten = isWrite(request)
    return undefined
  }
}

describe('a promotion', () => {
  it('reads, moves and reads each version again, one after the other', async () => {
    const { api, error } = await promote({ names: ['prod', 'beta'] })
    expect(error).toBeUndefined()
    expect(api.sent.map(({ method, path }) => `${method} ${path.slice(-4)}`)).toEqual([
      ...['GET prod', 'PATCH prod', 'GET prod'],
      ...['GET beta', 'PATCH beta', 'GET beta'],
    ])
  })

  it('sends no login where none was given', async () => {
    const { api } = await promote({})
    expect(api.written()[0]?.body).toEqual({
      docker_repository: 'registry.edgegap.com',
      docker_image: 'my-org/my-game',
      docker_tag: 'new',
      verify_image: true,
    })
  })

  it('tells what it is about to do before it does it, and what it did at once', async () => {
    const told: string[] = []
    const moved = { version: 'prod', from: image('old'), to: image('new') }
    await promote({
      names: ['prod', 'beta'],
      intercept: (request, shelf) => {
        if (request.path.endsWith('beta')) shelf.set('beta', versionJson('new'))
        told.push(`${request.method} ${request.path.slice(-4)}`)
        return undefined
      },
      news: {
        moving: ({ version }) => void told.push(`moving ${version}`),
        moved: ({ version }, what) => {
          told.push(`moved ${version}`)
          expect(what).toEqual(moved)
        },
        unchanged: ({ version }) => void told.push(`unchanged ${version}`),
      },
    })
    expect(told).toEqual([
      ...['GET prod', 'moving prod', 'PATCH prod', 'GET prod', 'moved prod'],
      ...['GET beta', 'unchanged beta'],
    ])
  })

  it('goes on after a version that has the image already', async () => {
    const intercept = (request: Sent, shelf: Shelf): undefined => {
      if (request.path.endsWith('prod')) shelf.set('prod', versionJson('new'))
    }
    const { promoted, unchanged } = await promote({ names: ['prod', 'beta'], intercept })
    expect(unchanged).toEqual(['prod'])
    expect(promoted).toMatchObject([{ version: 'beta' }])
  })
})

describe('an outage of the API while a version is moved', () => {
  const outOf = (untilMs: number) => {
    let fromMs: number | undefined
    return (request: Sent): Answer | undefined => {
      if (isWrite(request)) fromMs ??= request.atMs
      const isOut = fromMs !== undefined && request.atMs - fromMs < untilMs
      return isOut ? { status: 503, body: '<html>' } : undefined
    }
  }

  it('of half a minute is waited out, and the version is moved', async () => {
    const { promoted, error, tagOf } = await promote({ intercept: outOf(30_000) })
    expect([promoted.length, error, tagOf('prod')]).toEqual([1, undefined, 'new'])
  })

  it('that lasts leaves open what happened, within a minute', async () => {
    const { error, api } = await promote({ intercept: outOf(600_000) })
    expect(error?.message).toContain('It is not known whether the version prod was moved')
    expect(api.clock.nowMs()).toBeLessThan(60_000)
  })
})

describe('a version that somebody touched since the run began', () => {
  it('is never written, and neither are those after it', async () => {
    const intercept = (request: Sent, shelf: Shelf): undefined => {
      if (request.path.endsWith('beta')) shelf.set('beta', versionJson('theirs'))
    }
    const names = ['prod', 'beta', 'demo']
    const { api, error, tagOf, promoted } = await promote({ names, intercept })
    expect(promoted).toEqual([{ version: 'prod', from: image('old'), to: image('new') }])
    expect(api.written()).toHaveLength(1)
    expect(['prod', 'beta', 'demo'].map(tagOf)).toEqual(['new', 'theirs', 'old'])
    expect(error).toMatchObject({ kind: 'refused', next: expect.stringContaining('run the job') })
    expect(error?.message).toBe(
      [
        `Somebody moved the version beta from ${image('old')} to ${image('theirs')} since this run began, so it was left alone`,
        `moved before it: prod to ${image('new')}`,
        'not moved: demo',
      ].join('; '),
    )
  })

  it.each([
    ['docker_tag', 'theirs'],
    ['docker_image', 'my-org/other-game'],
    ['docker_repository', 'ghcr.io'],
  ])('is one whose %s is another', async (field, value) => {
    const intercept = (_: Sent, shelf: Shelf): undefined => {
      shelf.set('prod', versionJson('old', { [field]: value }))
    }
    const { api, error } = await promote({ intercept })
    expect(error?.message).toContain('Somebody moved the version prod')
    expect(api.written()).toEqual([])
  })

  it('and deleted is not made again', async () => {
    const intercept = (_: Sent, shelf: Shelf): undefined => void shelf.delete('prod')
    const { api, error } = await promote({ intercept })
    expect(error).toMatchObject({ kind: 'not-found', next: expect.stringContaining('who deleted') })
    expect(error?.message).toBe('The version prod does not exist any more')
    expect(api.written()).toEqual([])
  })

  it('while our answer was lost keeps their image', async () => {
    const lose = losing(lost, 'instead')
    const intercept = (request: Sent, shelf: Shelf): Answer | undefined => {
      const answer = lose(request, shelf)
      if (answer) shelf.set('prod', versionJson('theirs'))
      return answer
    }
    const { api, error, tagOf } = await promote({ intercept })
    expect(error?.message).toContain(`to ${image('theirs')} since this run began`)
    expect(api.written()).toHaveLength(1)
    expect(tagOf('prod')).toBe('theirs')
  })

  it('and that cannot be read is not written', async () => {
    const { api, error } = await promote({
      intercept: () => ({ status: 403, body: { message: 'no' } }),
    })
    expect(error).toMatchObject({ kind: 'forbidden', request: expect.stringContaining('→ 403') })
    expect(api.written()).toEqual([])
  })
})

describe('what a moved version shows', () => {
  it('may be behind for some seconds', async () => {
    let reads = 0
    const intercept = afterWrite((request) => {
      if (isWrite(request)) return undefined
      reads += 1
      return reads < 6 ? { body: versionJson('old') } : undefined
    })
    const { api, promoted, warnings } = await promote({ intercept })
    expect([promoted.length, warnings]).toEqual([1, []])
    expect(api.pausesMs).toEqual([500, 1_000, 2_000, 4_000, 5_000])
  })

  it('is not ours where it stays behind: nobody can rely on it', async () => {
    const intercept = afterWrite(() => ({ body: versionJson('old') }))
    const { promoted, error } = await promote({ intercept })
    expect(promoted).toEqual([])
    expect(error?.message).toContain(`shows ${image('old')} all the same`)
    expect(error?.next).toContain('another job may have moved it')
  })

  it.each<[string, Answer, number]>([
    ['cannot be read', { status: 403, body: { message: 'no' } }, 180_000],
    ['is behind when the time is over', { body: versionJson('old') }, 400],
  ])('and %s is warned of, since Edgegap has accepted the move', async (_, answer, deadlineMs) => {
    const intercept = afterWrite(() => answer)
    const { promoted, error, warnings } = await promote({ intercept, deadlineMs })
    expect(promoted).toMatchObject([{ version: 'prod' }])
    expect(error).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('prod was moved, as Edgegap answered')])
  })
})

describe('a lost answer', () => {
  it('to a move that was done is resolved by reading', async () => {
    const { api, promoted, warnings } = await promote({ intercept: losing(lost, 'after') })
    expect([promoted.length, warnings]).toEqual([1, []])
    expect(api.sent.map(({ method }) => method)).toEqual(['GET', 'PATCH', 'GET'])
  })

  it('to a move that was not done is sent again, up to four times', async () => {
    const once = await promote({ intercept: losing(lost, 'instead', 4) })
    expect(once.promoted).toHaveLength(1)
    expect(once.api.pausesMs).toEqual([500, 1_000, 2_000, 4_000])
    const never = await promote({ names: ['prod', 'beta'], intercept: losing(lost, 'instead', 9) })
    expect(never.promoted).toEqual([])
    expect(never.api.written()).toHaveLength(5)
    expect(never.error).toMatchObject({ kind: 'connection-lost', next: 'N', request: 'X' })
    expect(never.error?.message).toBe('It broke; not moved: beta')
    expect(never.error?.cause).toBe(lost)
  })

  it('leaves open what happened where no read follows', async () => {
    const lose = losing(lost, 'instead')
    let isLost = false
    const intercept = (request: Sent, shelf: Shelf): Answer | undefined => {
      if (isLost) return { status: 403, body: { message: 'no' } }
      isLost = isWrite(request)
      return lose(request, shelf)
    }
    const { promoted, error } = await promote({ intercept })
    expect(promoted).toEqual([])
    expect(error).toMatchObject({ kind: 'connection-lost', request: 'X' })
    expect(error?.message).toBe(
      `It is not known whether the version prod was moved from ${image('old')} to ${image('new')}: It broke`,
    )
    expect(error?.next).toContain('dashboard')
  })

  it('is not waited out beyond the time of the call', async () => {
    const intercept = (request: Sent): Answer | undefined =>
      isWrite(request) ? { fault: lost, takesMs: 1_000 } : undefined
    const { api, error } = await promote({ intercept, deadlineMs: 4_000 })
    expect(error?.message).toBe('It broke')
    expect(api.written().map(({ deadlineMs }) => deadlineMs)).toEqual([4_000, 2_500, 500])
  })
})

describe('a refusal', () => {
  it.each([400, 401, 404, 409, 424])('with %i is final', async (status) => {
    const intercept = (request: Sent): Answer | undefined =>
      isWrite(request) ? { status, body: { message: 'no' } } : undefined
    const { api, error, tagOf } = await promote({ names: ['prod', 'beta'], intercept })
    expect(api.written()).toHaveLength(1)
    expect(error?.message).toContain(`did not move the version prod to ${image('new')}`)
    expect(error?.message).toContain('not moved: beta')
    expect(tagOf('prod')).toBe('old')
  })
})

describe('an image that cannot be pulled', () => {
  it.each([
    [{}, 'give registry-username'],
    [{ login: { username: 'u', password: 'p' } }, 'may pull it'],
  ])('leads to the login: %j', async (login, advice) => {
    const intercept = (request: Sent): Answer | undefined =>
      isWrite(request) ? { status: 424, body: { message: 'no' } } : undefined
    const { error } = await promote({ intercept, ...login })
    expect(error?.message).toContain('could not pull the image my-org/my-game with the tag new')
    expect(error?.next).toContain(advice)
  })
})

describe('a cancel', () => {
  it('before a move sends nothing that changes anything', async () => {
    const controller = new AbortController()
    const intercept = () => void controller.abort()
    const { api, error } = await promote({ intercept, signal: controller.signal })
    expect(error).toMatchObject({ kind: 'cancelled' })
    expect(error?.message).toBe('The run was cancelled before the version prod was moved')
    expect(api.written()).toEqual([])
  })

  it('during a move waits for its answer, and moves no further version', async () => {
    const controller = new AbortController()
    const intercept = (request: Sent): undefined => {
      if (!isWrite(request)) return
      controller.abort()
      expect(request.signal.aborted).toBe(false)
    }
    const names = ['prod', 'beta']
    const { api, promoted, error } = await promote({ names, intercept, signal: controller.signal })
    expect(promoted).toMatchObject([{ version: 'prod' }])
    expect(api.written()).toHaveLength(1)
    expect(api.pausesMs).toContain(2_500)
    expect(error?.message).toContain('cancelled before the version beta was moved')
  })

  it('during a move whose answer is lost sends it no second time', async () => {
    const controller = new AbortController()
    const intercept = (request: Sent): Answer | undefined => {
      if (!isWrite(request)) return undefined
      controller.abort()
      return { fault: lost }
    }
    const { api, error } = await promote({ intercept, signal: controller.signal })
    expect(api.written()).toHaveLength(1)
    expect(error?.message).toBe('It broke')
  })
})
