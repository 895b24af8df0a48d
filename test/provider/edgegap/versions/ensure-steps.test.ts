import { describe, expect, it } from 'vitest'
import { ActionError } from '../../../../src/base/errors.ts'
import { decideVersion } from '../../../../src/provider/edgegap/versions/decide.ts'
import { ensureVersion } from '../../../../src/provider/edgegap/versions/ensure.ts'
import type { VersionPlan } from '../../../../src/provider/edgegap/versions/plan.ts'
import { readVersion } from '../../../../src/provider/edgegap/versions/version.ts'
import { failure, image, settingsOf } from './rig.ts'
import {
  type Answer,
  type Behaviour,
  callWithin,
  isWrite,
  losing,
  type Sent,
  type Shelf,
  shelfOf,
  versionJson,
} from './scripted.ts'

const lost = new ActionError({
  kind: 'connection-lost',
  what: 'The connection broke',
  request: 'X',
})
const create = { image: image('new'), version: 'fresh' }
const update = { image: image('new'), version: 'prod', 'version-policy': 'update' }

interface Scene extends Behaviour {
  given: Record<string, string>
  /** What `prod` is like when the plan is made. */
  prod?: Record<string, unknown>
}

/** Plans with what is there, and carries it out at an Edgegap that behaves as the scene says. */
async function ensure({ given, prod = versionJson('old'), intercept, ...more }: Scene) {
  const settings = await settingsOf(given)
  const api = shelfOf({ prod }, intercept)
  const before = api.shelf.get(settings.version)
  const existing = before && readVersion(JSON.stringify(before), '')
  const decision = decideVersion(settings, settings.image as never, existing, undefined)
  const { version, image: wanted } = settings
  const plan = {
    ...{ version, image: wanted, action: decision.action },
    ensure: { image: wanted, decision, template: undefined },
  } as VersionPlan
  const call = callWithin(more.deadlineMs ?? 240_000, more.signal)
  return { api, result: ensureVersion(api, settings, plan, call) }
}

describe('nothing is sent', () => {
  it('for a version that is used as it is', async () => {
    const settings = await settingsOf({ version: 'prod' })
    const api = shelfOf({})
    const wanted = { registry: 'r', name: 'n', tag: 't' }
    const plan = { version: 'prod', action: 'unmanaged', image: wanted, ensure: undefined }
    const result = await ensureVersion(api, settings, plan as VersionPlan, callWithin(1_000))
    expect(result).toEqual({
      ...{ version: 'prod', action: 'unmanaged' },
      ...{ image: wanted, previousImage: undefined },
    })
    expect(api.sent).toEqual([])
  })

  it('for a version that has the image', async () => {
    const { api, result } = await ensure({ given: { ...update, image: image('old') } })
    expect(await result).toMatchObject({ action: 'reused', previousImage: undefined })
    expect(api.sent).toEqual([])
  })

  it('after a cancel', async () => {
    const signal = AbortSignal.abort()
    const made = await ensure({ given: create, signal })
    const error = await failure(made.result)
    expect(error).toMatchObject({ kind: 'cancelled' })
    expect(error.message).toBe('The run was cancelled before the version fresh was created')
    const moved = await ensure({ given: update, signal })
    expect((await failure(moved.result)).message).toContain('the version prod was updated')
    expect([...made.api.sent, ...moved.api.sent]).toEqual([])
  })

  it('that changes a version, where a cancel comes while it is read', async () => {
    const controller = new AbortController()
    const intercept = () => void controller.abort()
    const { api, result } = await ensure({ given: update, intercept, signal: controller.signal })
    expect(await failure(result)).toMatchObject({ kind: 'cancelled' })
    expect(api.written()).toEqual([])
  })
})

describe('a version that was created', () => {
  it('is waited for until it can be read: its deployment would be refused', async () => {
    let reads = 0
    const intercept = ({ method }: Sent): Answer | undefined => {
      if (method !== 'GET') return undefined
      reads += 1
      return reads < 3 ? { status: 404, body: { message: 'unknown' } } : undefined
    }
    const { api, result } = await ensure({ given: create, intercept })
    expect(await result).toMatchObject({ action: 'created', previousImage: undefined })
    expect(api.sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/app/my-game/version',
      ...Array.from({ length: 3 }, () => 'GET /v1/app/my-game/version/fresh'),
    ])
    expect(api.pausesMs).toEqual([500, 1_000])
  })

  it('is deployed all the same where it is not readable in time', async () => {
    const intercept = (request: Sent): Answer | undefined =>
      isWrite(request) ? undefined : { status: 404, body: { message: 'unknown' } }
    const { api, result } = await ensure({ given: create, intercept })
    expect(await result).toMatchObject({ action: 'created' })
    expect(api.pausesMs).toEqual([500, 1_000, 2_000, 4_000])
  })

  it('is deployed all the same where reading it is refused', async () => {
    const intercept = (request: Sent): Answer | undefined =>
      isWrite(request) ? undefined : { status: 403, body: { message: 'no' } }
    const { api, result } = await ensure({ given: create, intercept })
    expect(await result).toMatchObject({ action: 'created' })
    expect(api.sent).toHaveLength(2)
  })

  it('during a cancel was on the wire already: it is waited for, and reported', async () => {
    const controller = new AbortController()
    const intercept = (request: Sent): undefined => {
      if (!isWrite(request)) return
      controller.abort()
      expect(request.signal.aborted).toBe(false)
    }
    const { api, result } = await ensure({ given: create, intercept, signal: controller.signal })
    expect(await result).toMatchObject({ action: 'created' })
    // For so long, and no longer.
    expect(api.pausesMs).toContain(2_500)
    expect(api.written()[0]?.signal.aborted).toBe(true)
  })
})

describe('a create that is answered with "the name is taken"', () => {
  const first = (work: (shelf: Shelf) => void) => {
    let isFirst = true
    return (request: Sent, shelf: Shelf): undefined => {
      if (isFirst && isWrite(request)) work(shelf)
      isFirst = false
    }
  }
  const theirs = (tag: string) =>
    first((shelf) => void shelf.set('fresh', versionJson(tag, { name: 'fresh' })))

  it('uses the version of the other job, which has the same image', async () => {
    const { api, result } = await ensure({ given: create, intercept: theirs('new') })
    expect(await result).toMatchObject({ action: 'reused', previousImage: undefined })
    expect(api.written()).toHaveLength(1)
    expect(api.pausesMs).toEqual([])
  })

  it('never touches one that has another image', async () => {
    const { api, result } = await ensure({ given: create, intercept: theirs('theirs') })
    const error = await failure(result)
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain(`exists with the image ${image('theirs')}`)
    expect(api.written()).toHaveLength(1)
    expect(api.shelf.get('fresh')).toMatchObject({ docker_tag: 'theirs' })
  })

  it('moves it where version-policy: update allows that', async () => {
    const given = { ...create, 'version-policy': 'update' }
    const { api, result } = await ensure({ given, intercept: theirs('theirs') })
    expect(await result).toMatchObject({ action: 'updated', previousImage: { tag: 'theirs' } })
    expect(api.written().map(({ method }) => method)).toEqual(['POST', 'PATCH'])
    expect(api.shelf.get('fresh')).toMatchObject({ docker_tag: 'new' })
  })

  it('and whose version never shows up is refused in the end', async () => {
    const intercept = (request: Sent): Answer =>
      isWrite(request)
        ? { status: 409, body: { message: 'taken' } }
        : { status: 404, body: { message: 'unknown' } }
    const { api, result } = await ensure({ given: create, intercept })
    const error = await failure(result)
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain('did not create the version fresh')
    expect(error.message).not.toContain('may exist')
    expect(api.written()).toHaveLength(5)
    expect(api.pausesMs).toEqual([500, 1_000, 2_000, 4_000])
  })
})

describe('a version that is changed', () => {
  const prod = versionJson('old', { envs: [{ key: 'A', value: '1' }] })
  const given = { ...update, 'version-env': 'B=2' }

  it('is read right before: what somebody has added to it since the plan stays', async () => {
    let isFirst = true
    const intercept = (_: Sent, shelf: Shelf): undefined => {
      const envs = [{ key: 'A', value: 'theirs' }]
      if (isFirst) shelf.set('prod', versionJson('hotfix', { envs }))
      isFirst = false
    }
    const { api, result } = await ensure({ given, prod, intercept })
    expect(await result).toMatchObject({ action: 'updated', previousImage: { tag: 'hotfix' } })
    expect(api.sent.map(({ method }) => method)).toEqual(['GET', 'PATCH', 'GET'])
    expect(api.written()[0]?.body).toMatchObject({
      docker_tag: 'new',
      envs: [
        { key: 'A', value: 'theirs' },
        { key: 'B', value: '2' },
      ],
    })
  })

  it('and has the image by now is left as it is', async () => {
    const intercept = (_: Sent, shelf: Shelf): undefined => {
      shelf.set('prod', versionJson('new'))
    }
    const { api, result } = await ensure({ given: update, prod, intercept })
    expect(await result).toMatchObject({ action: 'reused', previousImage: undefined })
    expect(api.written()).toEqual([])
  })

  it('and is gone by now is created', async () => {
    let isFirst = true
    const intercept = (_: Sent, shelf: Shelf): undefined => {
      if (isFirst) shelf.delete('prod')
      isFirst = false
    }
    const { api, result } = await ensure({ given: update, intercept })
    expect(await result).toMatchObject({ action: 'created', previousImage: undefined })
    expect(api.written().map(({ method }) => method)).toEqual(['POST'])
  })

  it('and is gone by now is not created without the version that version-from names', async () => {
    const intercept = (_: Sent, shelf: Shelf): undefined => void shelf.delete('prod')
    const { api, result } = await ensure({
      given: { ...update, 'version-from': 'template' },
      intercept,
    })
    const error = await failure(result)
    expect(error.message).toContain('The version template, which version-from names for prod')
    expect(api.written()).toEqual([])
  })

  it('is not changed where it cannot be read', async () => {
    const intercept = (): Answer => ({ status: 403, body: { message: 'no' } })
    const { api, result } = await ensure({ given: update, intercept })
    expect(await failure(result)).toMatchObject({ kind: 'forbidden' })
    expect(api.written()).toEqual([])
  })

  const showing = (tag: string) => {
    let isWritten = false
    return (request: Sent): Answer | undefined => {
      const isRead = !isWrite(request)
      if (isRead && isWritten) return { body: versionJson(tag) }
      isWritten ||= !isRead
      return undefined
    }
  }

  it('and shows the image from before all the same is no success', async () => {
    const { api, result } = await ensure({ given: update, intercept: showing('old') })
    const error = await failure(result)
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain(`shows ${image('old')} all the same`)
    expect(error.next).toContain('run the job again')
    expect(api.pausesMs).toEqual([500, 1_000, 2_000, 4_000])
  })

  it('and shows somebody else’s image is no success', async () => {
    const { result } = await ensure({ given: update, intercept: showing('theirs') })
    expect((await failure(result)).message).toContain(`shows ${image('theirs')} all the same`)
  })

  it('and shows the image from before when the time is over is no success', async () => {
    const intercept = showing('old')
    const { api, result } = await ensure({ given: update, intercept, deadlineMs: 1_000 })
    expect((await failure(result)).message).toContain(`shows ${image('old')} all the same`)
    expect(api.pausesMs).toEqual([500])
  })

  it('was changed, as Edgegap answered, where it cannot be read afterwards', async () => {
    let isWritten = false
    const intercept = (request: Sent): Answer | undefined => {
      if (!isWrite(request) && isWritten) return { status: 403, body: { message: 'no' } }
      isWritten ||= isWrite(request)
      return undefined
    }
    const { result } = await ensure({ given: update, intercept })
    expect(await result).toMatchObject({ action: 'updated', previousImage: { tag: 'old' } })
  })

  it('was changed, where a cancel breaks off the wait for its new image', async () => {
    const controller = new AbortController()
    const show = showing('old')
    const intercept = (request: Sent): Answer | undefined => {
      const answer = show(request)
      if (answer) controller.abort()
      return answer
    }
    const { result } = await ensure({ given: update, intercept, signal: controller.signal })
    expect(await result).toMatchObject({ action: 'updated', previousImage: { tag: 'old' } })
  })

  it('in all but its image is read back too, and names no image before', async () => {
    const { api, result } = await ensure({ given: { ...given, image: image('old') }, prod })
    expect(await result).toMatchObject({ action: 'updated', previousImage: undefined })
    expect(api.sent.map(({ method }) => method)).toEqual(['GET', 'PATCH', 'GET'])
    const other = await ensure({
      given: { ...given, image: image('old') },
      ...{ prod, intercept: showing('theirs') },
    })
    expect((await failure(other.result)).message).toContain(`shows ${image('theirs')}`)
    expect(other.api.pausesMs).toEqual([])
  })
})

describe('a refusal', () => {
  it.each([400, 401, 403, 404, 424])('of a create with %i is final', async (status) => {
    const intercept = (): Answer => ({ status, body: { message: 'no' } })
    const { api, result } = await ensure({ given: create, intercept })
    expect((await failure(result)).message).toContain('did not create the version fresh')
    expect(api.sent).toHaveLength(1)
  })

  it.each([400, 409, 424])('of a change with %i is final', async (status) => {
    const intercept = (request: Sent): Answer | undefined =>
      isWrite(request) ? { status, body: { message: 'no' } } : undefined
    const { api, result } = await ensure({ given: update, intercept })
    const error = await failure(result)
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain('did not update the version prod')
    expect(api.sent).toHaveLength(2)
  })

  it('advises about cpu and memory where they were to be changed', async () => {
    const refuse = (request: Sent): Answer | undefined =>
      isWrite(request) ? { status: 400, body: { message: 'no' } } : undefined
    const next = async (given: Record<string, string>) =>
      (await failure((await ensure({ given, intercept: refuse })).result)).next
    expect(await next({ ...update, cpu: '2048', memory: '512' })).toContain('another cpu or memory')
    expect(await next(update)).not.toContain('cpu')
    expect(await next({ ...create, cpu: '2048' })).not.toContain('another cpu')
  })
})

describe('an image that cannot be pulled', () => {
  it.each([
    [{}, 'give registry-username'],
    [{ 'registry-username': 'u', 'registry-password': 'p' }, 'may pull it'],
  ])('leads to the login: %j', async (login, advice) => {
    const intercept = (): Answer => ({ status: 424, body: { message: 'no' } })
    const { result } = await ensure({ given: { ...create, ...login }, intercept })
    expect((await failure(result)).next).toContain(advice)
  })
})

describe('a lost answer', () => {
  it('to a create that was done is no reason to send it again', async () => {
    const { api, result } = await ensure({ given: create, intercept: losing(lost, 'after') })
    expect(await result).toMatchObject({ action: 'created' })
    expect(api.sent.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  it('to a create that was done is none either where a secret of it cannot be seen', async () => {
    const given = { ...create, 'version-policy': 'update', 'version-secret-env': 'KEY=1' }
    const { api, result } = await ensure({ given, intercept: losing(lost, 'after') })
    expect(await result).toMatchObject({ action: 'created' })
    expect(api.written()).toHaveLength(1)
  })

  it('to a create that was not done is sent again', async () => {
    const { api, result } = await ensure({ given: create, intercept: losing(lost, 'instead', 4) })
    expect(await result).toMatchObject({ action: 'created' })
    expect(api.written()).toHaveLength(5)
    expect(api.pausesMs).toEqual([500, 1_000, 2_000, 4_000])
  })

  it('to every create leaves open whether the version exists, and says so', async () => {
    const { api, result } = await ensure({ given: create, intercept: losing(lost, 'instead', 9) })
    const error = await failure(result)
    expect(error).toMatchObject({ kind: 'connection-lost', request: 'X', cause: lost })
    expect(error.message).toBe(
      'The connection broke. An answer was lost, so the version fresh may exist all the same',
    )
    expect(api.written()).toHaveLength(5)
  })

  it('says no more than is known where the error names no request', async () => {
    const fault = new ActionError({ kind: 'connection-lost', what: 'Lost' })
    const intercept = (request: Sent): Answer | undefined =>
      isWrite(request) ? { fault } : undefined
    const { result } = await ensure({ given: create, intercept })
    expect(await failure(result)).toMatchObject({ request: undefined })
  })

  it('to a change is sent again until it is done', async () => {
    const done = await ensure({ given: update, intercept: losing(lost, 'after') })
    expect(await done.result).toMatchObject({ action: 'updated', previousImage: { tag: 'old' } })
    expect(done.api.written()).toHaveLength(1)
    const open = await ensure({ given: update, intercept: losing(lost, 'instead', 2) })
    expect(await open.result).toMatchObject({ action: 'updated', previousImage: { tag: 'old' } })
    expect(open.api.written()).toHaveLength(3)
  })

  it('to every change is an error that claims nothing about a create', async () => {
    const { result } = await ensure({ given: update, intercept: losing(lost, 'instead', 9) })
    expect(await failure(result)).toBe(lost)
  })

  it('to a change of a secret is sent again: whether it was done cannot be seen', async () => {
    const given = { ...update, 'version-secret-env': 'KEY=new' }
    const { api, result } = await ensure({ given, intercept: losing(lost, 'after') })
    expect(await result).toMatchObject({ action: 'updated', previousImage: { tag: 'old' } })
    expect(api.written()).toHaveLength(2)
    expect(api.written()[1]?.body).toEqual(api.written()[0]?.body)
  })

  it('while somebody else moved the version names their image as the one before', async () => {
    const lose = losing(lost, 'instead')
    const intercept = (request: Sent, shelf: Shelf): Answer | undefined => {
      const answer = lose(request, shelf)
      if (answer) shelf.set('prod', versionJson('theirs'))
      return answer
    }
    const { result } = await ensure({ given: update, intercept })
    expect(await result).toMatchObject({ action: 'updated', previousImage: { tag: 'theirs' } })
  })

  it('while somebody else moved a version of which only a variable was to change, too', async () => {
    const lose = losing(lost, 'instead')
    const intercept = (request: Sent, shelf: Shelf): Answer | undefined => {
      const answer = lose(request, shelf)
      if (answer) shelf.set('prod', versionJson('theirs', { envs: [{ key: 'B', value: '1' }] }))
      return answer
    }
    const given = { ...update, image: image('old'), 'version-env': 'A=1' }
    const { api, result } = await ensure({ given, intercept })
    expect(await result).toMatchObject({ action: 'updated', previousImage: { tag: 'theirs' } })
    // What they added meanwhile stays.
    expect(api.written()[1]?.body).toMatchObject({ envs: [{ key: 'B' }, { key: 'A' }] })
  })

  it('while somebody else deleted the version makes a new one, which had no image before', async () => {
    const lose = losing(lost, 'instead')
    const intercept = (request: Sent, shelf: Shelf): Answer | undefined => {
      const answer = lose(request, shelf)
      if (answer) shelf.delete('prod')
      return answer
    }
    const { api, result } = await ensure({ given: update, intercept })
    expect(await result).toMatchObject({ action: 'created', previousImage: undefined })
    expect(api.written().map(({ method }) => method)).toEqual(['PATCH', 'POST'])
  })

  it('to a create, whose name somebody else took with another image, is refused', async () => {
    const lose = losing(lost, 'instead')
    const intercept = (request: Sent, shelf: Shelf): Answer | undefined => {
      const answer = lose(request, shelf)
      if (answer) shelf.set('fresh', versionJson('theirs', { name: 'fresh' }))
      return answer
    }
    const { api, result } = await ensure({ given: create, intercept })
    expect((await failure(result)).message).toContain(`exists with the image ${image('theirs')}`)
    expect(api.written()).toHaveLength(1)
  })

  it.each([
    [create, 'create the version fresh'],
    [update, 'update the version prod'],
  ])('that cannot be resolved by reading says what is open: %j', async (given, what) => {
    let isWritten = false
    const intercept = (request: Sent): Answer | undefined => {
      if (!isWrite(request) && !isWritten) return undefined
      isWritten = true
      return isWrite(request) ? { fault: lost } : { status: 403, body: { message: 'no' } }
    }
    const { api, result } = await ensure({ given, intercept })
    const error = await failure(result)
    expect(error).toMatchObject({ kind: 'connection-lost', request: 'X' })
    expect(error.message).toBe(
      `Edgegap did not ${what}, or its answer was lost: The connection broke`,
    )
    expect(error.next).toContain('Run the job again')
    expect(api.written()).toHaveLength(1)
  })

  it('is not waited out beyond the time of the call', async () => {
    const intercept = (request: Sent): Answer | undefined =>
      isWrite(request) ? { fault: lost, takesMs: 1_000 } : undefined
    const { api, result } = await ensure({ given: create, intercept, deadlineMs: 4_000 })
    expect((await failure(result)).message).toContain('may exist all the same')
    // 1 s, a pause of 0.5 s, 1 s: 1.5 s are left, a pause of 1 s leaves 0.5 s.
    expect(api.written().map(({ deadlineMs }) => deadlineMs)).toEqual([4_000, 2_500, 500])
  })

  it('is resolved after a cancel, and nothing is sent again', async () => {
    const controller = new AbortController()
    const lose = losing(lost, 'after')
    const intercept = (request: Sent, shelf: Shelf): Answer | undefined => {
      if (isWrite(request)) controller.abort()
      return lose(request, shelf)
    }
    const done = await ensure({ given: create, intercept, signal: controller.signal })
    expect(await done.result).toMatchObject({ action: 'created' })
    const again = new AbortController()
    const loseAll = (request: Sent): Answer | undefined => {
      if (!isWrite(request)) return undefined
      again.abort()
      return { fault: lost }
    }
    const open = await ensure({ given: create, intercept: loseAll, signal: again.signal })
    expect((await failure(open.result)).message).toContain('may exist all the same')
    expect(open.api.written()).toHaveLength(1)
  })
})
