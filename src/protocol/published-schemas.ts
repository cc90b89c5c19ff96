/** Schemas published as JSON Schema in `resources/schemas/`, for completion in editors. */
import { z } from 'zod';
import { askTellAnswer, askTellRequest } from './ask-tell.ts';
import { bestConfigs } from './best-configs.ts';
import {
  invitationsOutput,
  inviteOutput,
  keysOutput,
  nodeDatasetsOutput,
  nodeOutput,
  nodesOutput,
} from './cli-output-lab.ts';
import {
  backendOutput,
  changedStudyOutput,
  datasetOutput,
  datasetsOutput,
  doctorOutput,
  errorOutput,
  exportOutput,
  importOutput,
  removeOutput,
  serveOutput,
  showOutput,
  storyOutput,
  editOutput,
  enqueueOutput,
  studiesOutput,
  trialOutput,
} from './cli-output.ts';
import { deviceList } from './device-list.ts';
import { networkFile } from './network-file.ts';
import { runOutput } from './run-output.ts';
import {
  checkStudyOutput,
  initOutput,
  configOutput,
  logsOutput,
  pythonInstallOutput,
  pythonPathOutput,
} from './script-output.ts';
import { simulationFile, simulationOutput } from './simulation-file.ts';
import { studyFile } from './study-file.ts';

const published: Readonly<Record<string, z.ZodType>> = {
  study: studyFile,
  network: networkFile,
  simulation: simulationFile,
  'best-configs': bestConfigs,
  'run-output': runOutput,
  'simulation-output': simulationOutput,
  'edit-output': editOutput,
  'enqueue-output': enqueueOutput,
  'studies-output': studiesOutput,
  'changed-study-output': changedStudyOutput,
  'show-output': showOutput,
  'trial-output': trialOutput,
  'story-output': storyOutput,
  'export-output': exportOutput,
  'doctor-output': doctorOutput,
  devices: deviceList,
  'node-datasets-output': nodeDatasetsOutput,
  'node-output': nodeOutput,
  'nodes-output': nodesOutput,
  'serve-output': serveOutput,
  'datasets-output': datasetsOutput,
  'dataset-output': datasetOutput,
  'import-output': importOutput,
  'remove-output': removeOutput,
  'backend-output': backendOutput,
  'invite-output': inviteOutput,
  'invitations-output': invitationsOutput,
  'keys-output': keysOutput,
  'init-output': initOutput,
  'check-study-output': checkStudyOutput,
  'config-output': configOutput,
  'logs-output': logsOutput,
  'python-install-output': pythonInstallOutput,
  'python-path-output': pythonPathOutput,
  'error-output': errorOutput,
  'ask-tell-request': askTellRequest,
  'ask-tell-answer': askTellAnswer,
};

/** File name → JSON Schema (draft 2020-12). */
export function schemaFiles(): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(published).map(([name, schema]) => [
      `${name}.schema.json`,
      z.toJSONSchema(schema, { io: 'input', reused: name === 'network' ? 'ref' : 'inline' }),
    ]),
  );
}
