import type { Handler } from '../router.ts'
import type { EmulatorServer } from '../server.ts'
import { type App, appJson } from './app.ts'
import {
  checkFirewall,
  checkHeaders,
  checkMaintenance,
  createRateLimiter,
  noSuchRoute,
} from './gateway.ts'
import { type ImportRoom, importReply } from './import.ts'
import { pageReply } from './page.ts'
import type { Script } from './script.ts'
import { permission, type Resource } from './settings.ts'
import {
  isAlive,
  listedJson,
  type Subscription,
  type Subscriptions,
  subscribeReply,
} from './subscription.ts'
import { type Task, taskJson, typeWord } from './task.ts'
import { patchTaskReply, retryReply } from './task-change.ts'

export interface Room extends ImportRoom {
  readonly subscriptions: Subscriptions
  readonly takeRetryScript: () => Script
}

/** The routes of the backend API that have to do with publishing, behind its gateway. */
export function addBackendRoutes(server: EmulatorServer, room: Room): void {
  const { settings, words, apps, tasks, subscriptions, pipeline } = room
  const paths: { readonly method: string; readonly path: RegExp }[] = []

  server.guard(checkFirewall)
  server.guard(createRateLimiter(settings))
  server.guard(() => checkMaintenance(settings))
  // Before the generic server's own 404 and 405, which are different.
  server.guard(({ method, path }) =>
    paths.some((route) => route.method === method && route.path.test(path))
      ? undefined
      : noSuchRoute(),
  )
  server.guard((request) => checkHeaders(request, settings, words))

  function route(
    method: string,
    path: string,
    [resource, right]: readonly [Resource, keyof typeof permission],
    handler: Handler,
  ): void {
    const pattern = `/be/v1${path}`
    paths.push({ method, path: new RegExp(`^${pattern.replace(/:\w+/, '[^/]+')}$`) })
    server.route(method, pattern, (request) => {
      const isAllowed = (settings.permissions[resource] & permission[right]) !== 0
      if (!isAllowed) return words.refuse(403, 'forbidden', `needs ${resource}.${right}`)
      return handler(request)
    })
  }

  // An update although it is a POST (page "Import native builds").
  route('POST', '/builds', ['apps', 'update'], ({ body }) => importReply(body, room))

  route('GET', '/apps', ['apps', 'read'], ({ query }) => {
    const listing = {
      name: 'apps',
      json: (app: App) => appJson(app, words),
      keys: { name: (app: App) => app.name },
    }
    return pageReply([...apps.values()], query, listing, words, settings)
  })
  route('GET', '/apps/:name', ['apps', 'read'], ({ params }) => {
    const app = apps.get(params.name ?? '')
    if (app === undefined) return words.refuse(404, 'notFound', 'no such app')
    return words.one('app', appJson(app, words))
  })

  route('GET', '/tasks', ['tasks', 'read'], ({ query }) => {
    const { appName = '', type, status } = query
    const { taskStatusWords } = settings.spelling
    const found = tasks.listed().filter((task) => {
      // The page "Listing Tasks": a part of the name is enough.
      if (!task.build.app.name.includes(appName)) return false
      if (type !== undefined && typeWord(task.type, settings.spelling) !== type) return false
      return status === undefined || taskStatusWords[task.status] === status
    })
    if (settings.taskOrder === 'newest') found.reverse()
    const listing = {
      name: 'tasks',
      json: (task: Task) => taskJson(task, words, 'row'),
      keys: { created: (task: Task) => tasks.all.indexOf(task) },
    }
    return pageReply(found, query, listing, words, settings)
  })
  route('GET', '/tasks/:name', ['tasks', 'read'], ({ params }) => {
    const task = tasks.find(params.name ?? '')
    if (task === undefined) return words.refuse(404, 'notFound', 'no such task')
    return words.one('task', taskJson(task, words))
  })
  route('PATCH', '/tasks', ['tasks', 'update'], ({ body }) =>
    patchTaskReply(body, tasks, settings, words),
  )
  route('POST', '/trigger', ['tasks', 'execute'], ({ body }) =>
    retryReply(body, tasks, pipeline, room.takeRetryScript, settings, words),
  )

  route('POST', '/subscriptions', ['subscriptions', 'create'], ({ body }) =>
    subscribeReply(body, subscriptions, settings, words),
  )
  route('GET', '/subscriptions', ['subscriptions', 'read'], ({ query }) => {
    const listing = {
      name: 'subscriptions',
      json: (one: Subscription) => listedJson(one, settings, words),
      keys: { name: (one: Subscription) => one.name },
    }
    return pageReply(subscriptions.filter(isAlive), query, listing, words, settings)
  })
  const findAlive = (name = '') => subscriptions.find((one) => isAlive(one) && one.name === name)
  route('GET', '/subscriptions/:name', ['subscriptions', 'read'], ({ params }) => {
    const found = findAlive(params.name)
    if (found === undefined) return words.refuse(404, 'notFound', 'no such subscription')
    return words.one('subscription', listedJson(found, settings, words))
  })
  route('DELETE', '/subscriptions/:name', ['subscriptions', 'delete'], ({ params }) => {
    const found = findAlive(params.name)
    if (found === undefined) return words.refuse(404, 'notFound', 'no such subscription')
    found.deletedAt = performance.now()
    return words.one('subscription', { name: found.name })
  })
}
