/**
 * The Kubernetes Job of docs/clusters.md as an object, which the compiler checks against the types
 * of the Kubernetes API.
 */
import type { Job } from 'kubernetes-types/batch/v1';

export const kubernetesJob: Job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'galapagos-nodes' },
  spec: {
    completionMode: 'Indexed',
    completions: 8,
    parallelism: 8,
    backoffLimitPerIndex: 10,
    ttlSecondsAfterFinished: 600,
    template: {
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 60,
        automountServiceAccountToken: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 1000,
          fsGroup: 1000,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'node',
            image: 'registry.example/galapagos:0.1.0',
            args: [
              'node',
              '--ephemeral',
              '--name',
              '$(JOB)-$(JOB_COMPLETION_INDEX)',
              '--drain-grace',
              '50s',
            ],
            env: [
              {
                name: 'JOB',
                valueFrom: { fieldRef: { fieldPath: "metadata.labels['job-name']" } },
              },
              {
                name: 'JOB_COMPLETION_INDEX',
                valueFrom: {
                  fieldRef: {
                    fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']",
                  },
                },
              },
              {
                name: 'GALAPAGOS_INVITATION',
                valueFrom: { secretKeyRef: { name: 'galapagos-invitation', key: 'invitation' } },
              },
              { name: 'GALAPAGOS_HOME', value: '/home/galapagos' },
            ],
            resources: {
              requests: { cpu: '4', memory: '4Gi' },
              limits: { cpu: '4', memory: '4Gi' },
            },
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ['ALL'] },
              readOnlyRootFilesystem: true,
            },
            volumeMounts: [
              { name: 'home', mountPath: '/home/galapagos' },
              { name: 'tmp', mountPath: '/tmp' },
            ],
          },
        ],
        volumes: [
          { name: 'home', emptyDir: {} },
          { name: 'tmp', emptyDir: {} },
        ],
      },
    },
  },
};
