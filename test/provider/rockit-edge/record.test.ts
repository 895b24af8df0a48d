import { describe, expect, it } from 'vitest'
import { ImportRecord } from '../../../src/provider/rockit-edge/import-record.ts'
import { readApp } from '../../../src/provider/rockit-edge/wire/app.ts'
import { readTask, type Task } from '../../../src/provider/rockit-edge/wire/task.ts'
import { readNotice } from '../../../src/provider/rockit-edge/wire/webhook.ts'

function task(name: string, status: string, more: object = {}): Task {
  const type = name.split('_')[0]
  const read = readTask({ name, appName: 'a', type, status, ...more })
  if (!read) throw new Error('not a task')
  return read
}

function notice(type: string, event: string, more: object = {}): Task {
  const body = { type, event, orgName: 'o', appName: 'a', buildName: '7', ...more }
  const read = readNotice(JSON.stringify(body), 'o', 'a')
  if ('ignored' in read) throw new Error(read.ignored)
  return read.notice
}

const app = readApp({ name: 'a', iCurBuild: 6 })
const newRecord = (tasks: Task[] = []) => new ImportRecord({ app, tasks })
const names = (tasks: readonly Task[]) => tasks.map(({ name }) => name)

describe('our build', () => {
  it('is the one that the reply names, whatever tasks come', () => {
    const record = newRecord()
    record.identify('t', '9')
    record.identify('t', '10')
    record.update([task('mkraw_1', 'begin', { buildName: '7' })])
    expect(record.build).toBe('9')
  })

  it('is the one of our task, before the first import that is listed', () => {
    const record = newRecord()
    record.identify('mkraw_2', undefined)
    record.update([
      task('mkraw_1', 'begin', { buildName: '7', created: 1_800_000_000 }),
      task('mkraw_2', 'begin', { buildName: '8', created: 1_800_000_009 }),
    ])
    expect(record.build).toBe('8')
  })

  it.each(['dltar', 'mkraw', 'upload'])(
    'is the one of the first %s, by time and not by row',
    (type) => {
      const record = newRecord()
      record.update([
        task('deploy_1', 'begin', { buildName: '6', created: 1_800_000_000 }),
        task(`${type}_2`, 'begin', { buildName: '8', created: 1_800_000_009 }),
        task(`${type}_1`, 'begin', { buildName: '7', created: 1_800_000_001 }),
      ])
      expect(record.build).toBe('7')
    },
  )

  it('stays the same, whatever comes later', () => {
    const record = newRecord()
    record.update([task('mkraw_1', 'begin', { buildName: '7' })])
    record.update([task('mkraw_0', 'begin', { buildName: '5', created: 1 })])
    expect(record.build).toBe('7')
  })

  it('is not that of tasks from before, nor of publishing alone', () => {
    const record = newRecord([task('mkraw_1', 'begin', { buildName: '5' })])
    record.update([
      task('mkraw_1', 'end', { buildName: '5' }),
      task('deploy_1', 'begin', { buildName: '6' }),
      task('mkraw_2', 'begin'),
    ])
    expect(record.build).toBeUndefined()
    expect(names(record.own())).toEqual(['mkraw_2'])
  })
})

describe('our tasks', () => {
  it('are those of our build, and of no build what only an import makes', () => {
    const record = newRecord()
    record.identify('odd_1', '0007')
    record.update([
      task('odd_1', 'begin'),
      task('deploy_1', 'begin', { buildName: '7' }),
      task('deploy_2', 'begin', { buildName: '8' }),
      task('deploy_3', 'begin'),
      task('mkdxf_1', 'begin'),
      task('mkraw_1', 'end'),
      task('dltar_1', 'end'),
      task('upload_1', 'end'),
    ])
    expect(names(record.own())).toEqual(['odd_1', 'deploy_1', 'mkraw_1', 'dltar_1', 'upload_1'])
    expect(names(record.own('mkraw'))).toEqual(['mkraw_1'])
    expect(names(record.unnamed())).toEqual(['odd_1', 'deploy_3', 'mkdxf_1'])
  })

  it('that are open and listed no more are missing until they are lost or listed again', () => {
    const record = newRecord([task('mkraw_0', 'begin')])
    const rows = [
      task('mkraw_0', 'begin'),
      task('mkraw_1', 'begin'),
      task('deploy_1', 'end'),
      task('x_1', 'odd'),
    ]
    expect(record.update(rows)).toEqual([])
    expect(record.update([])).toEqual(['mkraw_1', 'x_1'])
    record.lose('mkraw_1')
    expect(record.update([])).toEqual(['x_1'])
    expect(record.own().map((one) => record.isOpen(one))).toEqual([false])
    expect(record.update([task('mkraw_1', 'begin')])).toEqual(['x_1'])
    expect(record.own().map((one) => record.isOpen(one))).toEqual([true])
  })

  it('keep what their details say, though later rows say less', () => {
    const record = newRecord()
    const details = { exitCode: 3, buildName: '7', dxfName: 'd' }
    record.addDetails(task('mkraw_1', 'failed', details))
    record.update([task('mkraw_1', 'end', { httpStatus: 500, exitCode: 2 })])
    expect(record.own()).toMatchObject([
      { stage: 'error', build: '7', dxfName: 'd', failure: { exitCode: 2, httpStatus: 500 } },
    ])
    record.addDetails(task('mkraw_2', 'end', { buildChanged: true, buildName: '9' }))
    record.update([task('mkraw_2', 'begin', { buildName: '7', dxfName: 'own' })])
    expect(record.tasks.get('mkraw_2')).toMatchObject({
      stage: 'begin',
      build: '7',
      dxfName: 'own',
      buildChanged: true,
    })
  })

  it('take in details beside the row that is there', () => {
    const record = newRecord()
    record.update([task('mkraw_1', 'end', { buildName: '7' })])
    record.addDetails(task('mkraw_1', 'end', { dxfName: 'd' }))
    expect(record.own()).toMatchObject([{ build: '7', dxfName: 'd' }])
  })
})

describe('a publish that names no build', () => {
  const at = (seconds: number) => ({ created: 1_800_000_000 + seconds })

  it.each<[string, Task]>([
    ['an import', task('mkraw_1', 'begin')],
    ['an upload', task('upload_1', 'started')],
  ])('is not ours when it is seen during %s', (_name, busy) => {
    const record = newRecord()
    record.update([busy, task('deploy_1', 'begin')])
    record.update([{ ...busy, stage: 'end' }, task('deploy_1', 'end'), task('deploy_2', 'begin')])
    expect(names(record.unnamed())).toEqual(['deploy_2'])
  })

  it('is not ours when it was made before the import was begun, by time', () => {
    const record = newRecord()
    record.update([
      task('mkraw_1', 'end', at(5)),
      task('deploy_1', 'end', at(4)),
      task('deploy_2', 'end', at(5)),
      task('deploy_3', 'end'),
    ])
    expect(names(record.unnamed())).toEqual(['deploy_2', 'deploy_3'])
  })

  it.each<[string, Task[]]>([
    ['is listed no more', []],
    ['has a state that is not known', [task('mkraw_1', 'odd')]],
  ])('may be ours when an import %s', (_name, rows) => {
    const record = newRecord()
    if (rows.length === 0) record.update([task('mkraw_1', 'begin')])
    record.update([...rows, task('deploy_1', 'begin')])
    expect(names(record.unnamed())).toEqual(['deploy_1'])
  })
})

describe('rest', () => {
  const open = [task('mkraw_1', 'begin', { buildName: '7' })]
  const over = [task('mkraw_1', 'end', { buildName: '7' })]
  const idle = readApp({ name: 'a', processing: false })
  const busy = readApp({ name: 'a', processing: true })

  it('is counted from where no task is open, and idleness while the app is not busy either', () => {
    const record = newRecord()
    const check = (tasks: Task[], state: typeof idle | undefined, nowMs: number) => {
      record.update(tasks)
      record.noteRest({ app: state, tasks, nowMs })
      return record.rest
    }
    expect(check(open, idle, 1)).toEqual({ idleReadings: 0 })
    expect(check(over, busy, 2)).toEqual({ restedFromMs: 2, idleReadings: 0 })
    expect(check(over, idle, 3)).toEqual({ restedFromMs: 2, idleFromMs: 3, idleReadings: 1 })
    expect(check(over, undefined, 4)).toEqual({ restedFromMs: 2, idleFromMs: 3, idleReadings: 2 })
    expect(check(over, busy, 5)).toEqual({ restedFromMs: 2, idleReadings: 0 })
    expect(check(open, idle, 6)).toEqual({ idleReadings: 0 })
  })

  it('is disturbed by a publish that names no build', () => {
    const record = newRecord()
    const tasks = [...over, task('deploy_1', 'begin')]
    record.update(tasks)
    record.noteRest({ app: idle, tasks, nowMs: 1 })
    expect(record.rest.idleReadings).toBe(0)
  })

  it('begins with the end of our publish where tasks may not be read', () => {
    const record = newRecord()
    const check = (nowMs: number) => {
      record.noteRest({ app: idle, tasks: undefined, nowMs })
      return record.rest
    }
    expect(check(1)).toEqual({ idleReadings: 0 })
    record.addNotice(notice('mkraw', 'end'))
    expect(check(2)).toEqual({ idleReadings: 0 })
    record.addNotice(notice('deploy', 'begin'))
    expect(check(3)).toEqual({ idleReadings: 0 })
    record.addNotice(notice('deploy', 'end'))
    expect(check(4)).toEqual({ restedFromMs: 4, idleFromMs: 4, idleReadings: 1 })
  })
})

describe('what webhooks said', () => {
  it('is kept by type and build, the furthest event of each', () => {
    const record = newRecord()
    record.addNotice(notice('mkraw', 'end', { buildChanged: true }))
    record.addNotice(notice('mkraw', 'begin', { dxfName: 'd' }))
    record.addNotice(notice('deploy', 'begin'))
    record.addNotice(notice('deploy', 'submit', { buildName: '8' }))
    const [mkraw, ...more] = record.ownNotices()
    expect(mkraw).toMatchObject({ kind: 'mkraw', stage: 'end', buildChanged: true, dxfName: 'd' })
    expect(more).toMatchObject([{ kind: 'deploy', stage: 'begin' }])
    expect(record.ownNotices('deploy')).toEqual(more)
  })

  it('gives way to what says more of the same', () => {
    const record = newRecord()
    record.addNotice(notice('mkraw', 'end', { buildChanged: true, dxfName: 'd' }))
    record.addNotice(notice('mkraw', 'end', { buildChanged: false, dxfName: 'e' }))
    record.addNotice(notice('mkraw', 'end'))
    expect(record.ownNotices()).toMatchObject([{ buildChanged: false, dxfName: 'e' }])
    record.addNotice(notice('mkraw', 'error', { exception: { exitCode: 3 } }))
    expect(record.ownNotices()).toMatchObject([{ stage: 'error', failure: { exitCode: 3 } }])
  })

  it.each<[string, Task[], string | undefined]>([
    [
      'the first import',
      [notice('deploy', 'end', { buildName: '8' }), notice('mkraw', 'end', { buildName: '9' })],
      '9',
    ],
    ['no build from before', [notice('mkraw', 'end', { buildName: '0006' })], undefined],
    ['a build that is no number', [notice('dltar', 'end', { buildName: 'x' })], 'x'],
    [
      'the very next number, where the import was missed',
      [notice('deploy', 'end', { buildName: '0007' })],
      '0007',
    ],
    ['no later number', [notice('deploy', 'end', { buildName: '8' })], undefined],
    ['nothing without a name', [notice('mkraw', 'end', { buildName: undefined })], undefined],
  ])('shows which build is ours: %s', (_name, notices, build) => {
    const record = newRecord()
    for (const one of notices) record.addNotice(one)
    expect(record.build).toBe(build)
  })

  it('of the next number is nobody’s where the number before is not known', () => {
    const record = new ImportRecord({ app: undefined, tasks: undefined })
    record.addNotice(notice('deploy', 'end'))
    expect(record.build).toBeUndefined()
    record.addNotice(notice('mkraw', 'end', { buildName: '1' }))
    expect(record.build).toBe('1')
  })

  it('is kept of a hundred at most, and known ones go on', () => {
    const record = newRecord()
    for (let count = 0; count < 150; count += 1) {
      record.addNotice(notice('deploy', 'begin', { buildName: `b${count}` }))
    }
    expect(record.notices.size).toBe(100)
    record.addNotice(notice('deploy', 'end', { buildName: 'b99' }))
    expect([...record.notices.values()].at(-1)).toMatchObject({ build: 'b99', stage: 'end' })
  })
})
