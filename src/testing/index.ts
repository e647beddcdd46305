export { signDelivery, type DeliveryToSign, type SignedDelivery } from './sign-delivery.ts'
export {
  sample,
  type SampleOverrides,
  type SamplePayload,
  sampleCases,
  type SampleCase,
  type SampleOutcome,
} from './sample.ts'
export { sandboxIdentities, type SandboxIdentity } from './sandbox-identities.ts'
export type { V3Status } from '../payload/v3/decode.ts'
export {
  deliver,
  type Delivered,
  type DeliverOptions,
  type DeliverTarget,
  type FetchLike,
  type Receiver,
} from './deliver/deliver.ts'
export { jobStory, type JobStep, type JobStoryOptions, type SignedJobStep, shuffle } from './job-story.ts'
