import { describe, expect, it } from 'vitest'
import {
  isAsFar,
  isFailed,
  isImport,
  isOpen,
  isOpenUpload,
  isUnderWay,
} from '../../../src/provider/rockit-edge/wire/task.ts'
import { taskOf } from './build-scene.ts'

describe('a task', () => {
  it.each([
    ['submit', { isUnderWay: true, isOpen: true, isFailed: false }],
    ['begin', { isUnderWay: true, isOpen: true, isFailed: false }],
    ['end', { isUnderWay: false, isOpen: false, isFailed: false }],
    ['error', { isUnderWay: false, isOpen: false, isFailed: true }],
    ['expired', { isUnderWay: false, isOpen: false, isFailed: true }],
    ['a state that is not known', { isUnderWay: false, isOpen: true, isFailed: false }],
  ])('at %s is %j', (status, is) => {
    const task = taskOf('mkraw', status)
    expect({
      isUnderWay: isUnderWay(task),
      isOpen: isOpen(task),
      isFailed: isFailed(task),
    }).toEqual(is)
  })

  it.each([
    ['upload', 'begin', { isImport: false, isOpenUpload: true }],
    ['upload', 'odd', { isImport: false, isOpenUpload: true }],
    ['upload', 'end', { isImport: false, isOpenUpload: false }],
    ['dltar', 'begin', { isImport: true, isOpenUpload: false }],
    ['mkraw', 'end', { isImport: true, isOpenUpload: false }],
    ['deploy', 'begin', { isImport: false, isOpenUpload: false }],
    ['mkdxf', 'begin', { isImport: false, isOpenUpload: false }],
  ])('of type %s at %s is %j', (type, status, is) => {
    const task = taskOf(type, status)
    expect({ isImport: isImport(task), isOpenUpload: isOpenUpload(task) }).toEqual(is)
  })

  it('goes from one stage to the next, and from one that is not known to any', () => {
    const tasks = ['odd', 'submit', 'begin', 'end', 'error', 'expired'].map((status) =>
      taskOf('mkraw', status),
    )
    for (const [place, task] of tasks.entries()) {
      const reached = tasks.map((other) => isAsFar(task, other))
      expect(reached).toEqual(tasks.map((_, other) => other <= place))
    }
  })
})
