// What "sideEffects": false promises: that importing the package does nothing but make its exports.
import 'express'
import 'ipaddr.js'
import 'raw-body'
import 'zod'
import assert from 'node:assert/strict'

const prototypes = [Object, Array, Function, Promise, String, Map, Set, Error, Buffer, Date].flatMap((one) => [one, one.prototype])
const world = () => ({
  globals: Object.getOwnPropertyNames(globalThis),
  prototypes: prototypes.map((one) => Reflect.ownKeys(one)),
  listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
  handles: process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe|FS|File|CloseReq|Immediate)/.test(name)),
  environment: { ...process.env },
})

const before = world()
// Those of OpenTelemetry and BullMQ need their peers, which this project has not.
const subpaths = ['', '/testing', '/redis', '/postgres', '/pg-boss', '/store-conformance', '/inbox-conformance', '/reconcile']
for (const subpath of subpaths) await import(`express-smile-id${subpath}`)
assert.deepEqual(world(), before)
console.log(`importing ${subpaths.length} subpaths changes nothing else`)
