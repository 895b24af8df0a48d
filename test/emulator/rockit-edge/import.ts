import type { Reply } from '../delivery.ts'
import type { App } from './app.ts'
import { type Build, type BuildOrder, newBuild } from './build.ts'
import { addressIn, asObject, textIn, unknownFields } from './json.ts'
import type { Pipeline } from './pipeline.ts'
import type { Script } from './script.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { StorageHost } from './storage.ts'
import type { Task, Tasks } from './task.ts'
import type { Json, Words } from './words.ts'

export interface ImportRoom {
  readonly settings: RockitEdgeSettings
  readonly words: Words
  readonly apps: ReadonlyMap<string, App>
  readonly builds: Build[]
  readonly tasks: Tasks
  readonly pipeline: Pipeline
  readonly storage: StorageHost
  readonly takeScript: () => Script
}

/** `POST /be/v1/builds` in both of its modes (page "Import native builds"). */
export function importReply(body: unknown, room: ImportRoom): Reply {
  const { settings, words, apps } = room
  const order = readOrder(asObject(body), room)
  if ('status' in order) return order
  const app = apps.get(order.appName)
  if (app === undefined) {
    return words.refuse(settings.unknownAppStatus, 'notFound', `no app ${order.appName}`)
  }
  if (app.isLocked) return words.refuse(settings.lockedStatus, 'locked', `${app.name} is locked`)
  const build = newBuild({ ...order, origin: 'import', app }, room.builds.length, settings)
  room.builds.push(build)
  app.isLocked = settings.lockWhileBusy
  if (settings.buildNumberRisesAt === 'request') app.currentBuild += 1
  const script = room.takeScript()
  return build.mode === 'url' ? download(build, script, room) : awaitUpload(build, script, room)
}

type Order = Pick<BuildOrder, 'mode' | 'url' | 'sizeBytes'> & { readonly appName: string }

function readOrder(body: Json, { settings, words }: ImportRoom): Order | Reply {
  const { spelling } = settings
  const invalid = (message: string) => words.refuse(400, 'invalid', message)
  const unknown = unknownFields(body, [...spelling.appFields, 'url', 'size'], settings.strictBodies)
  if (unknown.length > 0) return invalid(`unknown fields: ${unknown.join(', ')}`)
  const appName = textIn(body, spelling.appFields)
  if (appName === undefined) return invalid(`${spelling.appFields[0]} is required`)
  const { size } = body
  if (size !== undefined && !(Number.isSafeInteger(size) && Number(size) >= 0)) {
    return invalid('size must be a number of bytes')
  }
  const sizeBytes = size === undefined ? undefined : Number(size)
  if (body.url === undefined) return { appName, mode: 'upload', url: undefined, sizeBytes }
  const url = addressIn(body.url, spelling.importUrlForm)
  if (url === undefined) return invalid('url must be a web address')
  return { appName, mode: 'url', url, sizeBytes }
}

function download(build: Build, script: Script, room: ImportRoom): Reply {
  const task = room.tasks.create(build, 'dltar', 'submitted')
  room.pipeline.start(build, script)
  return answer(build, task, {}, room)
}

function awaitUpload(build: Build, script: Script, room: ImportRoom): Reply {
  const { tasks, storage, pipeline, settings } = room
  const task = tasks.create(build, 'upload', 'started')
  // The object's creation is what starts the pipeline (Terraform stack, engine/events.tf).
  const url = storage.open(build, (bytes) => {
    task.status = 'ended'
    task.updated = new Date()
    build.app.sizeBytes = bytes
    pipeline.start(build, script)
  })
  build.uploadUrl = url
  const isObject = settings.spelling.uploadUrlForm === 'object'
  const value = isObject ? { url, method: 'PUT' } : url
  return answer(build, task, { [settings.spelling.uploadUrlField]: value }, room)
}

function answer(build: Build, task: Task, more: Json, { words }: ImportRoom): Reply {
  const { importAnswers, importStatus } = words.spelling
  const sent = {
    ...(importAnswers.includes('taskName') && { taskName: task.name }),
    ...(importAnswers.includes('buildName') && { buildName: build.name }),
  }
  return words.one('build', { ...more, ...sent }, importStatus)
}
