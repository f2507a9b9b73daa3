#!/bin/bash
if [[ "${MODE}" == "worker" ]]; then
  if [[ -z "${CELERY_QUEUES}" ]]; then
    if [[ "${EDITION}" == "CLOUD" ]]; then
      DEFAULT_QUEUES="dataset,workflow_professional"
    else
      DEFAULT_QUEUES="dataset,mail,oracle"
    fi
  else
    DEFAULT_QUEUES="${CELERY_QUEUES}"
  fi
  exec celery worker -Q ${DEFAULT_QUEUES}
fi
