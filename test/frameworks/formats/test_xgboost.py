"""Every format of XGBoost, written by XGBoost itself."""

import json
import pickle

import numpy as np
import pytest
import slipway.xgboost as subject
import xgboost
from common import ROWS, Trap, agree, choices, item, load, refused, truncate
from slipway.xgboost import XGBoostService

LABELS = np.array([0, 1, 2, 1, 0])


@pytest.fixture
def booster():
    settings = {"objective": "multi:softprob", "num_class": 3, "max_depth": 2, "nthread": 1}
    return xgboost.train(settings, xgboost.DMatrix(ROWS, LABELS), num_boost_round=4)


@pytest.mark.parametrize("name", ["model.json", "model.ubj"])
def test_json_and_ubj(name, booster, tmp_path):
    booster.save_model(tmp_path / name)
    service = load(XGBoostService, tmp_path)
    assert service.form.shape == (4,)
    agree(service, expected=booster.predict(xgboost.DMatrix(ROWS)))


def test_margins(booster, tmp_path):
    booster.save_model(tmp_path / "model.ubj")
    expected = booster.predict(xgboost.DMatrix(ROWS), output_margin=True)
    agree(load(XGBoostService, tmp_path, output_margin=True), expected=expected)


def test_model_of_the_interface_of_scikit_learn(tmp_path):
    model = xgboost.XGBRegressor(n_estimators=3, max_depth=2).fit(ROWS, ROWS[:, 0])
    model.save_model(tmp_path / "model.json")
    agree(load(XGBoostService, tmp_path), expected=model.predict(ROWS))


@pytest.mark.parametrize("name", ["model.json", "model.ubj"])
def test_truncated_files(name, booster, tmp_path):
    booster.save_model(tmp_path / name)
    truncate(tmp_path / name)
    refused(XGBoostService, tmp_path, [name, "an XGBoost model", "cut off"], "Copy or save")


def test_model_of_a_later_release_that_cannot_be_read(booster, tmp_path):
    path = tmp_path / "model.json"
    booster.save_model(path)
    value = json.loads(path.read_text())
    value["version"] = [9, 1, 0]
    value["learner"]["gradient_booster"]["name"] = "forest_of_tomorrow"
    path.write_text(json.dumps(value))
    refused(XGBoostService, tmp_path, ["model.json was written by xgboost", "9.1.0"], ">=9.1.0")


def test_pickles_are_refused_and_run_nothing(booster, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.pkl").write_bytes(pickle.dumps(Trap(tmp_path / "mark")))
    refused(XGBoostService, folder, ["model.pkl is refused"], "save_model")
    assert not (tmp_path / "mark").exists()
    (folder / "model.pkl").write_bytes(pickle.dumps(booster))
    refused(XGBoostService, folder, ["model.pkl is refused", "xgboost"], "save_model")


def test_wrong_shape_is_answered_alone(booster, tmp_path):
    booster.save_model(tmp_path / "model.ubj")
    right, wrong = load(XGBoostService, tmp_path).execute([item(ROWS[0]), item([1.0, 2.0])], 2)
    np.testing.assert_allclose(right, booster.predict(xgboost.DMatrix(ROWS[:1]))[0], atol=1e-6)
    assert wrong.code == "request_unfit" and "[4], found [2]" in wrong.message


def test_device(monkeypatch, booster, tmp_path):
    booster.save_model(tmp_path / "model.ubj")

    def gpu_is_there(there):
        monkeypatch.setattr(xgboost, "build_info", lambda: {"USE_CUDA": there})
        monkeypatch.setattr(subject, "_counts_gpus", lambda: there)

    choices(monkeypatch, tmp_path, XGBoostService, gpu_is_there)
