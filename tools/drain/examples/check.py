"""Compares the ECS task definition with what the AWS CLI of today accepts for RegisterTaskDefinition."""

import json
import pathlib
import sys

import botocore.session
import botocore.validate

path = pathlib.Path(__file__).with_name("ecs-task-definition.json")
shape = botocore.session.get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition").input_shape
report = botocore.validate.ParamValidator().validate(json.loads(path.read_text()), shape)
if report.has_errors():
    sys.exit(f"{path.name}: {report.generate_report()}")
