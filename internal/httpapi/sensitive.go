// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"slices"

	"tillgang/internal/asset"
	"tillgang/internal/nationalid"
)

// GetAssetSensitivity answers GET /api/v1/assets/{id}/sensitivity.
func (s *server) GetAssetSensitivity(ctx context.Context, r GetAssetSensitivityRequestObject) (GetAssetSensitivityResponseObject, error) {
	found, err := s.Assets.Sensitivity(ctx, actor(ctx), r.Id)
	return GetAssetSensitivity200JSONResponse(sensitivityOut(found)), err
}

// JudgeAssetSensitivity answers POST /api/v1/assets/{id}/sensitivity/judgement.
func (s *server) JudgeAssetSensitivity(ctx context.Context, r JudgeAssetSensitivityRequestObject) (JudgeAssetSensitivityResponseObject, error) {
	found, err := s.Assets.Judge(ctx, actor(ctx), r.Id, r.Body.Reason)
	return JudgeAssetSensitivity200JSONResponse(sensitivityOut(found)), err
}

func sensitivityOut(found asset.Sensitivity) Sensitivity {
	out := Sensitivity{Items: []SensitivityCount{}, Reason: some(found.Reason), JudgedBy: some(found.JudgedBy), JudgedAt: found.JudgedAt}
	for _, kind := range nationalid.Kinds() {
		text, fields := found.InText[kind], found.InFields[kind]
		if text+fields > 0 {
			out.Items = append(out.Items, SensitivityCount{
				Kind: SensitivityCountKind(kind), InText: text, InFields: fields, Raised: slices.Contains(found.Raised, string(kind)),
			})
		}
	}
	return out
}
