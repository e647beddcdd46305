import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { callbacks, listening } from './callbacks.mjs'

class AppModule {}
Module({})(AppModule)
const app = await NestFactory.create(AppModule, new FastifyAdapter({ bodyLimit: 1_572_864 }), { logger: false })
// Below Nest's own routes, where nothing has read the body.
app.use('/smile-id', callbacks.router)
await app.listen(0, '127.0.0.1')
listening(app.getHttpServer().address().port)
