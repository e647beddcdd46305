import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { callbacks, listening } from './callbacks.mjs'

class AppModule {}
Module({})(AppModule)
const app = await NestFactory.create(AppModule, { logger: false })
app.use('/smile-id', callbacks.router) // before listen(), where Nest adds its body parser
await app.listen(0, '127.0.0.1')
listening(app.getHttpServer().address().port)
