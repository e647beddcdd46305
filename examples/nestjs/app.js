// Mounted in a Nest app (platform-express), with the handlers in a service of yours.
import 'reflect-metadata'
import { Inject, Injectable, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { smileIdCallbacks } from 'express-smile-id'

export const credential = { partnerId: '085', apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret' }

// With TypeScript these are decorators: @Injectable() class Accounts { … }
class Accounts {
  activate(accountId) {
    console.log(`  account ${accountId} is active`)
  }
}
Injectable()(Accounts)

class SmileId {
  constructor(accounts) {
    this.callbacks = smileIdCallbacks({ credentials: credential, logger: false })
    this.callbacks.on('approved', ({ partnerParams }) => accounts.activate(partnerParams.account_id))
  }

  // Nest calls it while it shuts down: deliveries under way are finished, new ones are answered 503.
  async beforeApplicationShutdown() {
    console.log(`  closed, ${await this.callbacks.close()} deliveries cut off`)
  }
}
Injectable()(SmileId)
Inject(Accounts)(SmileId, undefined, 0)

class AppModule {}
Module({ providers: [Accounts, SmileId] })(AppModule)

export async function makeApp() {
  const app = await NestFactory.create(AppModule, { logger: false })
  app.enableShutdownHooks()
  // The one line. Nest adds its body parser when it starts, so this comes before it.
  app.use('/smile-id', app.get(SmileId).callbacks.router)
  await app.init()
  return app
}
