"""The annex's FTP part: whatever would come to a command or a path by it is checked when the annex is read."""

import pytest
from pydantic import ValidationError

from edye_delivery.annex.channels import api_channel_of, deprecation_of, folder_of, ftp_channel_of, polling_policy_of
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.errors import ConfigurationInvalid
from tests.builders import the_annex

FOLDERS = {
    "video": "/incoming/{client_id}/video",
    "images": "/incoming/{client_id}/images",
    "metadata": "/incoming/{client_id}/metadata",
}
LOG = {
    "by": "log_file",
    "folder": "/outcome/{client_id}",
    "file_name": "ingest.log",
    "separator": "|",
    "fields": ["metadata_file", "state"],
    "states": {"completed": "completed"},
}
MOVED = {"by": "moved", "accepted_folder": "/processed/{client_id}", "refused_folder": "/error/{client_id}"}
FILE = {
    "by": "outcome_file",
    "folder": "/outcome/{client_id}",
    "state_key": "status",
    "states": {"completed": "completed"},
    "error_code_keys": [],
    "error_message_keys": [],
}


def without(entries, key):
    return {name: value for name, value in entries.items() if name != key}


@pytest.mark.parametrize(
    "folder",
    ["", "/", "incoming/video", "/incoming/", "/incoming//video", "/../etc", "/incoming/..", "/incoming/.hidden",
     "/in coming", "/incoming\n", "/incoming\r\nDELE x", "/año", "/incoming/" + "a" * 201],
)  # fmt: skip
def test_a_folder_is_an_absolute_path_of_plain_names(folder):
    with pytest.raises(ValidationError, match="a folder has to be an absolute path of plain names"):
        the_annex(ftp={"folders": FOLDERS | {"video": folder}})


@pytest.mark.parametrize("folder", ["/incoming/{partner}", "/incoming/{client_id!r}", "/incoming/{client_id:>9}"])
def test_a_folder_takes_no_variable_but_the_client(folder):
    with pytest.raises(ValidationError, match=r"is not a variable of this template|takes no format"):
        the_annex(ftp={"folders": FOLDERS | {"video": folder}})


@pytest.mark.parametrize("kind", FOLDERS)
def test_each_kind_of_file_has_its_folder(kind):
    with pytest.raises(ValidationError, match="Field required"):
        the_annex(ftp={"folders": without(FOLDERS, kind)})


@pytest.mark.parametrize("template", ["{external_id}.json", "{delivery}.json", "metadata.json"])
def test_a_metadata_file_s_name_is_of_one_delivery_only(template):
    with pytest.raises(ValidationError, match=r"metadata_file_name needs \{external_id\} and \{delivery\}"):
        the_annex(ftp={"metadata_file_name": template})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"metadata_file_name": "{external_id}.{delivery}.{run_id}"}, "is not a variable of this template"),
        ({"image_file_name": "{external_id}_{colour}.jpg"}, "is not a variable of this template"),
        ({"temporary_suffix": "part"}, "should match pattern"),
        ({"temporary_suffix": ".part/.."}, "should match pattern"),
        ({"temporary_suffix": ".part\n"}, "should match pattern"),
        ({"connections_at_once": 0}, "greater than or equal to 1"),
        ({"connections_at_once": 17}, "less than or equal to 16"),
        ({"deprecated_since": ""}, "at least 1 character"),
        ({"outcome": {"by": "mail"}}, "does not match any of the expected tags"),
        ({"outcome": MOVED | {"reason_suffix": "../x"}}, "should match pattern"),
        ({"outcome": MOVED | {"refused_folder": "error"}}, "a folder has to be an absolute path"),
        ({"outcome": FILE | {"file_name": "{title}.json"}}, "is not a variable of this template"),
        ({"outcome": FILE | {"states": {"fertig": "done"}}}, "Input should be"),
        ({"outcome": LOG | {"fields": ["metadata_file", "text"]}}, "needs the fields metadata_file and state"),
        ({"outcome": LOG | {"fields": ["state"]}}, "needs the fields metadata_file and state"),
        ({"outcome": LOG | {"fields": ["metadata_file", "state", "mood"]}}, "Input should be"),
        ({"outcome": LOG | {"separator": ""}}, "at least 1 character"),
        ({"outcome": LOG | {"file_name": "../ingest.log"}}, "a file name is letters"),
        ({"outcome": LOG | {"file_name": "ingest.log\n"}}, "a file name is letters"),
        ({"password": "hunter2"}, "Extra inputs are not permitted"),
    ],
)
def test_a_defect_is_told_in_a_sentence(changes, told):
    with pytest.raises(ValidationError, match=told):
        the_annex(ftp=changes)


def test_a_thumbnail_that_goes_along_is_one_that_is_made():
    with pytest.raises(
        ValidationError, match=r"ftp\.thumbnails names the thumbnail 'square', which thumbnails does not have"
    ):
        the_annex(ftp={"thumbnails": ["square"]})


@pytest.mark.parametrize("client_id", ["", "..", "a/b", "a b", ".hidden", "a\n", "a\r\nDELE x", "año", "a" * 201])
def test_a_client_that_cannot_be_part_of_a_path_is_refused(client_id):
    with pytest.raises(ValidationError, match="client_id is part of FTP paths"):
        the_annex(client_id=client_id)


def test_the_client_stands_in_the_folders():
    annex = the_annex()
    assert folder_of(annex, ftp_channel_of(annex).folders.video) == "/incoming/roku_premium_subs_mx/video"


def test_a_run_over_ftp_says_since_when_the_channel_is_deprecated():
    annex = the_annex()
    assert "deprecated since Q3 2025" in deprecation_of(annex, Channel.FTP)
    assert deprecation_of(annex, Channel.API) == ""


def test_each_channel_has_its_own_pace():
    annex = the_annex(ftp={"polling": {"first_s": 1, "every_s": 2, "slowest_s": 3, "give_up_s": 4}})
    assert polling_policy_of(annex, Channel.FTP).give_up_s == 4
    assert polling_policy_of(annex, Channel.API).give_up_s == 7200


def test_a_channel_that_the_annex_does_not_have_is_a_sentence():
    with pytest.raises(ConfigurationInvalid, match="roku_premium_subs_mx has no ftp channel"):
        ftp_channel_of(the_annex(ftp=None))
    with pytest.raises(ConfigurationInvalid, match="roku_premium_subs_mx has no api channel"):
        api_channel_of(the_annex(api=None))


@pytest.mark.parametrize(
    "names",
    [
        {"image_file_name": "../{external_id}_{thumbnail}.{extension}"},
        {"image_file_name": "a b {external_id}"},
        {"metadata_file_name": "a b {external_id}.{delivery}"},
        {"metadata_file_name": "{external_id}..{delivery}"},
        {"folders": {"video": "/a..b", "images": "/i", "metadata": "/m"}},
    ],
    ids=lambda names: next(iter(names)),
)
def test_a_template_that_could_only_make_refused_names_is_refused_at_once(names):
    with pytest.raises(ValidationError, match=r"plain names|letters, digits, dots"):
        the_annex(ftp=names)
