"""reader: a linear one in closed form, that says what rows look like."""

import torch

from maskeleton.anonymizers.reader import Reader


def test_a_reader_finds_what_is_planted():
    torch.manual_seed(0)
    truth = torch.arange(90) % 3
    traits = torch.randn(90, 30)
    traits[torch.arange(90), truth] += 3
    reader = Reader.taught(traits[:45], truth[:45], 3)
    assert (reader.says(traits[45:]).argmax(1) == truth[45:]).float().mean() > 0.8
