// Mounted in a Nest app (platform-express), with the handlers in a service of yours.
import 'reflect-metadata'
import { Inject, Injectable, Module, type BeforeApplicationShutdown, type INestApplication } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { smileIdCallbacks } from 'express-smile-id'
import { credential } from '../shared/settings.js'

@Injectable()
class Accounts {
  activate(accountId: string | undefined) {
    console.log(`  account ${accountId} is active`)
  }
}

@Injectable()
class SmileId implements BeforeApplicationShutdown {
  readonly callbacks = smileIdCallbacks({ credentials: credential, logger: false })

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.callbacks.on('approved', ({ partnerParams }) => accounts.activate(partnerParams.account_id))
  }

  // Nest calls it while it shuts down: deliveries under way are finished, new ones are answered 503.
  async beforeApplicationShutdown() {
    console.log(`  closed, ${await this.callbacks.close()} deliveries cut off`)
  }
}

@Module({ providers: [Accounts, SmileId] })
class AppModule {}

export async function makeApp(): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule, { logger: false })
  // For SIGTERM and SIGINT.
  app.enableShutdownHooks()
  // The one line. Nest adds its body parser when it starts, so this comes before it.
  app.use('/smile-id', app.get(SmileId).callbacks.router)
  await app.init()
  return app
}
