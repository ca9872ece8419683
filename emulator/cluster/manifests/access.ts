// What the controller may do: things of its own namespace, and of secrets only its own one by name.

export function access(namespace: string): readonly object[] {
  const name = 'slipway-controller';
  const metadata = { name, namespace };
  const all = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata,
      automountServiceAccountToken: false,
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: ['slipway.dev'], resources: ['tasks', 'tasks/status', 'tasks/finalizers'], verbs: all },
        { apiGroups: ['apps'], resources: ['deployments'], verbs: all },
        { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: all },
        { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'patch', 'delete'] },
        { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
        // Within their disruption budgets.
        { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
        // Whether its label allows faults.
        { apiGroups: [''], resources: ['namespaces'], resourceNames: [namespace], verbs: ['get'] },
        // Secrets of versions are written and removed, never read; those of tokens are the controller's own.
        { apiGroups: [''], resources: ['secrets'], verbs: ['create', 'patch', 'delete'] },
        {
          apiGroups: [''],
          resources: ['secrets'],
          resourceNames: ['slipway-tokens'],
          verbs: ['get', 'list', 'watch', 'update', 'patch'],
        },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
}
