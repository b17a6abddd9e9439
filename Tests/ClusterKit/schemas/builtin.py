"""Writes builtin.json and installation.json: the built-in types that ClusterKit knows, in the form of convert.py.

What a pod may have is taken from the definition of InferenceService, which holds it whole.
"""
import json
import pathlib

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
FLAG = {"type": "boolean"}
TEXTS = {"type": "object", "additionalProperties": TEXT}
ANYTHING = {"x-kubernetes-preserve-unknown-fields": True}
PORT = {"x-kubernetes-int-or-string": True}
OF_KSERVE = {
    "annotations", "batcher", "canaryTrafficPercent", "containerConcurrency", "deploymentStrategy",
    "huggingface", "labels", "lightgbm", "logger", "maxReplicas", "minReplicas", "model", "onnx",
    "paddle", "pmml", "predictive", "pytorch", "scaleMetric", "scaleMetricType", "scaleTarget",
    "sklearn", "tensorflow", "timeout", "triton", "workerSpec", "xgboost", "autoScaling", "storageUris",
}


def fields(required=(), **properties):
    """Returns the schema of an object."""
    schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = list(required)
    return schema


def items(schema, *keys, kind="map"):
    """Returns the schema of a list, whose items are known by their keys."""
    if keys:
        return {"type": "array", "items": schema, "x-kubernetes-list-type": kind,
                "x-kubernetes-list-map-keys": list(keys)}
    return {"type": "array", "items": schema, "x-kubernetes-list-type": kind}


def atomic(schema):
    """Returns a list that has one owner, or an object."""
    if schema["type"] == "object":
        return schema | {"x-kubernetes-map-type": "atomic"}
    return schema | {"x-kubernetes-list-type": "atomic"}


def default(schema, value):
    """Returns the schema with what stands where nothing is given."""
    return schema | {"default": value}


OWNER = fields(
    apiVersion=TEXT, kind=TEXT, name=TEXT, uid=TEXT, controller=FLAG, blockOwnerDeletion=FLAG)
METADATA = fields(
    name=TEXT, generateName=TEXT, namespace=TEXT, uid=TEXT, resourceVersion=TEXT, selfLink=TEXT,
    generation=WHOLE, creationTimestamp=TEXT, deletionTimestamp=TEXT,
    deletionGracePeriodSeconds=WHOLE, labels=TEXTS, annotations=TEXTS,
    finalizers=items(TEXT, kind="set"), ownerReferences=items(atomic(OWNER), "uid"),
    managedFields=atomic(items(ANYTHING)))
SELECTOR = atomic(fields(
    matchLabels=TEXTS,
    matchExpressions=items(fields(key=TEXT, operator=TEXT, values=atomic(items(TEXT))),
                           kind="atomic")))
CONDITIONS = items(fields(
    type=TEXT, status=TEXT, reason=TEXT, message=TEXT, lastTransitionTime=TEXT,
    lastUpdateTime=TEXT, lastProbeTime=TEXT, observedGeneration=WHOLE), "type")


def expanded(schema, shared):
    """Returns the schema with what convert.py has put elsewhere."""
    if isinstance(schema, list):
        return [expanded(item, shared) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$shared" in schema:
        return expanded(shared[schema["$shared"]], shared)
    return {key: expanded(value, shared) for key, value in schema.items() if key != "x-kubernetes-validations"}


def pod_spec():
    """Returns what a pod may have, with the defaults of a Deployment's."""
    crd = json.loads(pathlib.Path("inferenceservices.serving.kserve.io.json").read_text())
    whole = expanded(crd["versions"][0]["schema"], crd["shared"])
    whole = whole["properties"]["spec"]["properties"]["predictor"]["properties"]
    pod = {name: schema for name, schema in whole.items() if name not in OF_KSERVE}
    for name, value in [("dnsPolicy", "ClusterFirst"), ("restartPolicy", "Always"),
                        ("schedulerName", "default-scheduler"), ("securityContext", {}),
                        ("terminationGracePeriodSeconds", 30)]:
        pod[name] = default(pod[name], value)
    container = pod["containers"]["items"]["properties"]
    for name, value in [("imagePullPolicy", "IfNotPresent"), ("resources", {}),
                        ("terminationMessagePath", "/dev/termination-log"),
                        ("terminationMessagePolicy", "File")]:
        container[name] = default(container[name], value)
    for name, key in [("containers", "name"), ("initContainers", "name"), ("volumes", "name"),
                      ("imagePullSecrets", "name")]:
        pod[name] = items(pod[name]["items"], key)
    container["ports"] = items(container["ports"]["items"], "containerPort", "protocol")
    container["ports"]["items"]["properties"]["protocol"] = default(TEXT, "TCP")
    container["env"] = items(container["env"]["items"], "name")
    container["volumeMounts"] = items(container["volumeMounts"]["items"], "mountPath")
    return fields(["containers"], **pod)


POD = pod_spec()
SERVICE_PORT = fields(
    ["port"], name=TEXT, port=WHOLE, protocol=default(TEXT, "TCP"), targetPort=PORT, nodePort=WHOLE,
    appProtocol=TEXT)
ROLLING = fields(maxSurge=default(PORT, "25%"), maxUnavailable=default(PORT, "25%"))
DEPLOYMENT = fields(
    ["selector", "template"], minReadySeconds=WHOLE, paused=FLAG,
    progressDeadlineSeconds=default(WHOLE, 600), replicas=default(WHOLE, 1),
    revisionHistoryLimit=default(WHOLE, 10), selector=SELECTOR,
    strategy=default(fields(type=default(TEXT, "RollingUpdate"), rollingUpdate=default(ROLLING, {})), {}),
    template=fields(metadata=METADATA, spec=POD))
REFERENCE = atomic(fields(
    apiVersion=TEXT, kind=TEXT, name=TEXT, namespace=TEXT, uid=TEXT, resourceVersion=TEXT,
    fieldPath=TEXT))
EVENT = fields(
    eventTime=TEXT, series=fields(count=WHOLE, lastObservedTime=TEXT), reportingController=TEXT,
    reportingInstance=TEXT, reportingComponent=TEXT, action=TEXT, reason=TEXT, regarding=REFERENCE,
    related=REFERENCE, note=TEXT, type=TEXT, involvedObject=REFERENCE, message=TEXT, count=WHOLE,
    firstTimestamp=TEXT, lastTimestamp=TEXT, source=fields(component=TEXT, host=TEXT),
    deprecatedSource=fields(component=TEXT, host=TEXT), deprecatedFirstTimestamp=TEXT,
    deprecatedLastTimestamp=TEXT, deprecatedCount=WHOLE)


def definition(group, version, kind, plural, schema, *short, scope="Namespaced", status=False,
               scale=False):
    """Returns a type as convert.py writes those of definitions."""
    subresources = {"status": {}} if status else {}
    if scale:
        subresources["scale"] = {}
    root = {"apiVersion": TEXT, "kind": TEXT} | schema["properties"]
    names = {"kind": kind, "listKind": kind + "List", "plural": plural, "singular": kind.lower()}
    if short:
        names["shortNames"] = list(short)
    return {"group": group, "names": names, "scope": scope, "shared": {}, "versions": [
        {"name": version, "storage": True, "subresources": subresources,
         "schema": schema | {"properties": root}}]}


SECRET = fields(data=TEXTS, stringData=TEXTS, type=default(TEXT, "Opaque"), immutable=FLAG)
TYPES = [
    definition("", "v1", "Namespace", "namespaces", fields(
        spec=fields(finalizers=atomic(items(TEXT))), status=fields(phase=TEXT, conditions=CONDITIONS)),
        "ns", scope="Cluster", status=True),
    definition("", "v1", "Service", "services", fields(
        spec=fields(
            clusterIP=TEXT, clusterIPs=atomic(items(TEXT)), type=default(TEXT, "ClusterIP"),
            selector=atomic(TEXTS), ports=items(SERVICE_PORT, "port", "protocol"),
            sessionAffinity=default(TEXT, "None"), internalTrafficPolicy=default(TEXT, "Cluster"),
            externalTrafficPolicy=TEXT, externalName=TEXT, externalIPs=atomic(items(TEXT)),
            ipFamilies=atomic(items(TEXT)), ipFamilyPolicy=TEXT, publishNotReadyAddresses=FLAG,
            loadBalancerClass=TEXT, loadBalancerIP=TEXT, trafficDistribution=TEXT,
            loadBalancerSourceRanges=atomic(items(TEXT)), healthCheckNodePort=WHOLE,
            allocateLoadBalancerNodePorts=FLAG),
        status=default(fields(loadBalancer=default(fields(
            ingress=atomic(items(fields(ip=TEXT, hostname=TEXT)))), {}), conditions=CONDITIONS), {})),
        "svc", status=True),
    definition("", "v1", "Secret", "secrets", SECRET),
    definition("", "v1", "ConfigMap", "configmaps", fields(
        data=TEXTS, binaryData=TEXTS, immutable=FLAG), "cm"),
    definition("", "v1", "ServiceAccount", "serviceaccounts", fields(
        secrets=atomic(items(REFERENCE)), imagePullSecrets=atomic(items(REFERENCE)),
        automountServiceAccountToken=FLAG), "sa"),
    definition("", "v1", "Pod", "pods", fields(spec=POD, status=ANYTHING), "po", status=True),
    definition("", "v1", "Event", "events", EVENT, "ev"),
    definition("events.k8s.io", "v1", "Event", "events", EVENT, "ev"),
    definition("apps", "v1", "Deployment", "deployments", fields(
        spec=DEPLOYMENT, status=default(fields(
            observedGeneration=WHOLE, replicas=WHOLE, updatedReplicas=WHOLE, readyReplicas=WHOLE,
            availableReplicas=WHOLE, unavailableReplicas=WHOLE, terminatingReplicas=WHOLE,
            collisionCount=WHOLE, conditions=CONDITIONS), {})), "deploy", status=True, scale=True),
    definition("coordination.k8s.io", "v1", "Lease", "leases", fields(spec=fields(
        holderIdentity=TEXT, leaseDurationSeconds=WHOLE, acquireTime=TEXT, renewTime=TEXT,
        leaseTransitions=WHOLE, strategy=TEXT, preferredHolder=TEXT))),
]

# What an operator installs beside the models' objects.
RULES = atomic(items(fields(
    ["verbs"], apiGroups=atomic(items(TEXT)), resources=atomic(items(TEXT)), verbs=atomic(items(TEXT)),
    resourceNames=atomic(items(TEXT)), nonResourceURLs=atomic(items(TEXT)))))
BINDING = fields(
    ["roleRef"], roleRef=atomic(fields(["apiGroup", "kind", "name"], apiGroup=TEXT, kind=TEXT, name=TEXT)),
    subjects=atomic(items(fields(["kind", "name"], kind=TEXT, name=TEXT, namespace=TEXT, apiGroup=TEXT))))
PEERS = atomic(items(fields(
    podSelector=SELECTOR, namespaceSelector=SELECTOR,
    ipBlock=fields(["cidr"], **{"cidr": TEXT, "except": atomic(items(TEXT))}))))
PORTS = atomic(items(fields(protocol=default(TEXT, "TCP"), port=PORT, endPort=WHOLE)))
NETWORK = fields(
    podSelector=SELECTOR, policyTypes=atomic(items(TEXT)),
    ingress=atomic(items(fields(**{"from": PEERS, "ports": PORTS}))),
    egress=atomic(items(fields(to=PEERS, ports=PORTS))))
SOURCE = atomic(fields(["kind", "name"], apiGroup=TEXT, kind=TEXT, name=TEXT, namespace=TEXT))
QUANTITIES = {"type": "object", "additionalProperties": PORT}
RBAC = "rbac.authorization.k8s.io"
INSTALLATION = [
    definition("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", fields(
        spec=fields(
            accessModes=atomic(items(TEXT)), selector=SELECTOR, resources=fields(limits=QUANTITIES, requests=QUANTITIES),
            volumeName=TEXT, storageClassName=TEXT, volumeMode=TEXT, volumeAttributesClassName=TEXT,
            dataSource=SOURCE, dataSourceRef=SOURCE), status=ANYTHING), "pvc", status=True),
    definition("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", fields(
        spec=fields(
            minAvailable=PORT, maxUnavailable=PORT, selector=SELECTOR, unhealthyPodEvictionPolicy=TEXT),
        status=ANYTHING), "pdb", status=True),
    definition("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", fields(spec=NETWORK), "netpol"),
    definition(RBAC, "v1", "Role", "roles", fields(rules=RULES)),
    definition(RBAC, "v1", "ClusterRole", "clusterroles", fields(rules=RULES), scope="Cluster"),
    definition(RBAC, "v1", "RoleBinding", "rolebindings", BINDING),
    definition(RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", BINDING, scope="Cluster"),
    definition("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", fields(
        ["spec"], spec=fields(
            ["group", "names", "scope", "versions"], group=TEXT, names=ANYTHING, scope=TEXT,
            versions=atomic(items(fields(
                ["name", "served", "storage"], name=TEXT, served=FLAG, storage=FLAG, schema=ANYTHING,
                subresources=ANYTHING, deprecated=FLAG, deprecationWarning=TEXT,
                selectableFields=atomic(items(fields(jsonPath=TEXT))),
                additionalPrinterColumns=atomic(items(fields(
                    ["name", "type", "jsonPath"], name=TEXT, type=TEXT, format=TEXT, description=TEXT,
                    priority=WHOLE, jsonPath=TEXT)))))),
            conversion=ANYTHING, preserveUnknownFields=FLAG), status=ANYTHING),
        "crd", scope="Cluster", status=True),
]


def write(name, types):
    """Writes types, which share the metadata of every object."""
    for kind in types:
        kind["versions"][0]["schema"]["properties"]["metadata"] = {"type": "object"}
    text = json.dumps({"metadata": METADATA, "types": types}, sort_keys=True, separators=(",", ":"))
    pathlib.Path(name).write_text(text + "\n")


write("builtin.json", TYPES)
write("installation.json", INSTALLATION)
